// SPDX-License-Identifier: GPL-2.0-or-later
/* What the link of a tun tells of what its program has asked for: rtnetlink(7), and ethtool, in its namespace. */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "proc.h"
#include "tun_link.h"

#define TUN_PI 4		/* IFLA_TUN_PI, 4.19 */
#define BLOCKS 4	/* of 32 features: Linux has some 65 */

static const struct {
	const char *feature;
	uint32_t offload;
} offloads[] = {
	{ "tx-checksum-ip-generic", 0x01 },
	{ "tx-tcp-segmentation", 0x02 },
	{ "tx-tcp6-segmentation", 0x04 },
	{ "tx-tcp-ecn-segmentation", 0x08 },
	{ "tx-udp-segmentation", 0x60 },
};

static bool ask(int fd, const char *name, void *what)
{
	struct ifreq r = { .ifr_data = what };

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(fd, SIOCETHTOOL, &r) == 0;
}

/* Of all that the link can, what is in force: a program is asked for it by TUNSETOFFLOAD only. */
static uint32_t look_offload(int fd, const char *name)
{
	struct {
		struct ethtool_gstrings head;
		char name[32 * BLOCKS][ETH_GSTRING_LEN];
	} *all = calloc(1, sizeof(*all));
	struct {
		struct ethtool_gfeatures head;
		struct ethtool_get_features_block block[BLOCKS];
	} f = { .head = { .cmd = ETHTOOL_GFEATURES, .size = BLOCKS } };
	uint32_t found = 0, i, k;

	if (!all)
		return 0;
	all->head = (struct ethtool_gstrings){ .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES };
	if (ask(fd, name, &f) && ask(fd, name, all))
		for (i = 0; i < all->head.len && i < 32 * BLOCKS; i++)
			for (k = 0; k < sizeof(offloads) / sizeof(*offloads); k++)
				if (!strncmp(all->name[i], offloads[k].feature, ETH_GSTRING_LEN) &&
				    f.block[i / 32].active >> (i % 32) & 1)
					found |= offloads[k].offload;
	free(all);
	return found;
}

/* Of IFF_NO_PI TUNGETIFF tells nothing: the same bit says there that there is no filter (IFF_NOFILTER). */
static int take_flags(void *arg, const struct nlmsghdr *h)
{
	const uint8_t *on = nl_find(h, sizeof(struct ifinfomsg), IFLA_CARRIER, 1), *pi;
	const void *info = nl_find(h, sizeof(struct ifinfomsg), IFLA_LINKINFO, 0);
	const void *data = info ? nl_in(info, IFLA_INFO_DATA, 0) : NULL;
	struct crfs_fd_tun *r = arg;

	if (on && !*on)
		r->flags |= TUN_NO_CARRIER;
	pi = data ? nl_in(data, TUN_PI, 1) : NULL;
	if (pi)
		r->flags = (r->flags & ~IFF_NO_PI) | (*pi ? 0 : IFF_NO_PI);
	return 1;
}

void tun_link_look(const char *name, struct crfs_fd_tun *r)
{
	const struct ifinfomsg m = { .ifi_index = if_nametoindex(name) };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct nl_request q;

	nl_begin(&q, RTM_GETLINK, 0, &m, sizeof(m));
	if (m.ifi_index)
		nl_get(NETLINK_ROUTE, &q, take_flags, r);
	if (fd < 0)
		return;
	r->offload = look_offload(fd, name);
	close(fd);
}

void tun_link_mode(struct restore *rs, const char *name, char mode)
{
	int fd = proc_open(rs->proc, O_RDWR, "sys/net/ipv6/conf/%s/addr_gen_mode", name);

	if (fd >= 0 && pwrite(fd, &mode, 1, 0) != 1)
		errno = 0;	/* it has none of IPv6 */
	if (fd >= 0)
		close(fd);
}
