// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ethtool(8) has set of lo and of veths, and ip(8) of the sizes of what they take at once: it is lost, with a line.
 *
 * What a link has by itself differs between kernels, so it is compared with a new one. Features are those that somebody
 * asks for and not those in force, which depend on the other end.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "net_ethtool.h"
#include "netlink.h"

/* By number what the headers of the build may lack: IFLA_GRO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE, IFLA_GRO_IPV4_MAX_SIZE */
static const int sizes[ETHTOOL_SIZES] = { IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES, IFLA_GSO_MAX_SEGS, IFLA_GSO_MAX_SIZE,
					  58, 63, 64 };

/** struct look - through all links; @fd: any socket; @learn: to learn from them, else to compare */
struct look {
	struct snap *s;
	const char *obj;
	struct ethtool_fresh *learn;
	const struct ethtool_fresh *fresh;
	int fd;
};

static const char *kind_of(const struct nlmsghdr *h)
{
	const void *info = nl_find(h, sizeof(struct ifinfomsg), IFLA_LINKINFO, 0);
	const char *kind = info ? nl_in(info, IFLA_INFO_KIND, 2) : NULL;

	return kind ?: "";
}

static bool ask(int fd, const char *name, void *what)
{
	struct ifreq r = { .ifr_data = what };

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(fd, SIOCETHTOOL, &r) == 0;
}

/* What a link does not have reads as zeros. */
static void see(int fd, const struct nlmsghdr *h, const char *name, struct ethtool *e)
{
	struct {
		struct ethtool_gfeatures head;
		struct ethtool_get_features_block block[ETHTOOL_BLOCKS];
	} f = { .head = { .cmd = ETHTOOL_GFEATURES, .size = ETHTOOL_BLOCKS } };
	struct ethtool_channels c = { .cmd = ETHTOOL_GCHANNELS };
	int i;

	memset(e, 0, sizeof(*e));
	for (i = 0; ask(fd, name, &f) && i < ETHTOOL_BLOCKS; i++)
		e->features[i] = f.block[i].requested;
	if (ask(fd, name, &c))
		memcpy(e->channels, &c.rx_count, sizeof(e->channels));
	for (i = 0; i < ETHTOOL_SIZES; i++)
		e->sizes[i] = nl_u32(h, sizeof(struct ifinfomsg), sizes[i], 0);
}

static void compare(struct look *l, const char *name, const struct ethtool *is, const struct ethtool *was)
{
	const char *what = memcmp(is->features, was->features, sizeof(is->features)) ? "features" :
			   memcmp(is->channels, was->channels, sizeof(is->channels)) ? "channels" :
			   memcmp(is->sizes, was->sizes, sizeof(is->sizes)) ? "queues and largest packets" : NULL;

	if (what)
		snap_lost(l->s, l->obj, "%s of link %s, which are not those of a new one (ethtool, ip link)", what, name);
}

static int each(void *arg, const struct nlmsghdr *h)
{
	const struct ifinfomsg *m = NLMSG_DATA(h);
	const char *name = nl_find(h, sizeof(*m), IFLA_IFNAME, 2);
	struct look *l = arg;
	bool veth = !strcmp(kind_of(h), "veth");
	struct ethtool e;

	if (h->nlmsg_type != RTM_NEWLINK || !name || (!veth && m->ifi_index != LO))
		return 0;
	see(l->fd, h, name, &e);
	if (l->learn)
		*(veth ? &l->learn->veth : &l->learn->lo) = e;
	else
		compare(l, name, &e, veth ? &l->fresh->veth : &l->fresh->lo);
	return 0;
}

static int count(void *arg, const struct nlmsghdr *h)
{
	struct ethtool_fresh *f = arg;

	f->veths += h->nlmsg_type == RTM_NEWLINK && !strcmp(kind_of(h), "veth");
	return 0;
}

static int list(int (*one)(void *arg, const struct nlmsghdr *h), void *arg)
{
	const struct ifinfomsg m = { .ifi_family = AF_UNSPEC };
	struct nl_request r;

	nl_begin(&r, RTM_GETLINK, 0, &m, sizeof(m));
	return nl_list(NETLINK_ROUTE, &r, one, arg);
}

int ethtool_count(struct ethtool_fresh *f)
{
	*f = (struct ethtool_fresh){ 0 };
	return list(count, f);
}

static int make_veth(void)
{
	const struct ifinfomsg m = { .ifi_family = AF_UNSPEC };
	struct nl_request r;
	struct rtattr *info;

	nl_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	info = nl_nest(&r, IFLA_LINKINFO);
	nl_attr(&r, IFLA_INFO_KIND, "veth", 4);
	nl_nest_end(&r, info);
	return nl_ask(NETLINK_ROUTE, &r);
}

static int go_through(struct look *l)
{
	int rc;

	l->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return -errno;
	rc = list(each, l);
	close(l->fd);
	return rc;
}

int ethtool_learn(struct ethtool_fresh *f)
{
	struct look l = { .learn = f };
	int rc = f->veths ? make_veth() : 0;

	return rc ?: go_through(&l);
}

int ethtool_name(struct snap *s, const char *obj, const struct ethtool_fresh *f)
{
	struct look l = { .s = s, .obj = obj, .fresh = f };

	return go_through(&l);
}
