// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links but veth, read and made: by what their kind (net_kind_table.c) is made with. A tun or tap is made by ioctl(2) of
 * /dev/net/tun, and stays until its program has it again (fd/tun).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "hex.h"
#include "net_kinds.h"

#define BIT(n) (1ULL << (n))
#define ATTRS_MAX 1024
#define TUN "/dev/net/tun"

struct crfs_str link_attrs(struct snap *s, const struct link_kind *k, const void *data, const char **odd)
{
	static const char digits[] = "0123456789abcdef";
	const struct rtattr *of = (const void *)((const char *)data - RTA_LENGTH(0)), *a = data;
	int left = data ? (int)RTA_PAYLOAD(of) : 0, type, i;
	char *text = pool_alloc(&s->pool, 2 * left + 8);
	uint32_t len = 0;

	for (; text && RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		type = a->rta_type & NLA_TYPE_MASK;
		if (type > 63 || !((k->attrs | k->told) & BIT(type)))
			*odd = "it has something that this crfs does not know";
		for (i = 0; type < 64 && k->attrs & BIT(type) && i < (int)RTA_ALIGN(a->rta_len); i++) {
			const uint8_t byte = i < a->rta_len ? ((const uint8_t *)a)[i] : 0;

			text[len++] = digits[byte >> 4];
			text[len++] = digits[byte & 15];
		}
	}
	if (len > 2 * ATTRS_MAX)
		*odd = "what it is made with is too long";
	if (!*odd && k->odd && data)
		*odd = k->odd(data);
	return (struct crfs_str){ text, text ? len : 0 };
}

struct crfs_str link_port(struct snap *s, const void *data, const char **odd)
{
	return link_attrs(s, &link_port_kind, data, odd);
}

bool link_attrs_bad(const struct crfs_str *a)
{
	return hex_bad(a, 4, ATTRS_MAX);
}

static void name_of(const struct crfs_net_link *c, char name[IFNAMSIZ])
{
	memset(name, 0, IFNAMSIZ);
	memcpy(name, c->name.p, c->name.len < IFNAMSIZ ? c->name.len : IFNAMSIZ - 1);
}

/* The value of an attribute among @bytes, or @usual */
static uint32_t attr_of(uint8_t *bytes, size_t n, int type, uint32_t usual)
{
	const uint32_t *word = nl_among(bytes, n, type, 4);
	const uint8_t *byte = nl_among(bytes, n, type, 1);

	return word ? *word : byte ? *byte : usual;
}

static int make_tun(const struct crfs_net_link *c)
{
	uint8_t bytes[ATTRS_MAX] __attribute__((aligned(4)));
	const size_t n = hex_get(bytes, &c->attrs);
	const uint32_t owner = attr_of(bytes, n, TUN_OWNER, -1), group = attr_of(bytes, n, TUN_GROUP, -1);
	const unsigned int index = c->link;
	struct ifreq r = { .ifr_flags = attr_of(bytes, n, TUN_TYPE, IFF_TUN) |
					(attr_of(bytes, n, TUN_PI, 0) ? 0 : IFF_NO_PI) |
					(attr_of(bytes, n, TUN_MULTI_QUEUE, 0) ? IFF_MULTI_QUEUE : 0) |
					(attr_of(bytes, n, TUN_VNET_HDR, 0) ? IFF_VNET_HDR : 0) };
	struct ifreq mac = { .ifr_hwaddr.sa_family = 1 };	/* ARPHRD_ETHER */
	int fd = open(TUN, O_RDWR | O_CLOEXEC), rc = fd < 0 ? -errno : 0;

	name_of(c, r.ifr_name);
	memcpy(mac.ifr_hwaddr.sa_data, c->mac, 6);
	if (!rc && (ioctl(fd, TUNSETIFINDEX, &index) || ioctl(fd, TUNSETIFF, &r) ||
		    (owner != (uint32_t)-1 && ioctl(fd, TUNSETOWNER, (unsigned long)owner)) ||
		    (group != (uint32_t)-1 && ioctl(fd, TUNSETGROUP, (unsigned long)group)) ||
		    ((r.ifr_flags & 0xf) == IFF_TAP && ioctl(fd, SIOCSIFHWADDR, &mac)) || ioctl(fd, TUNSETPERSIST, 1UL)))
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

/** struct differing - attributes that a link shall have, and has otherwise: they are put into @r */
struct differing {
	const uint8_t *want;
	size_t n;
	int kind;		/* IFLA_INFO_DATA or IFLA_INFO_SLAVE_DATA */
	struct nl_request *r;
	bool any;
};

static int compare(void *arg, const struct nlmsghdr *h)
{
	const void *info = nl_find(h, sizeof(struct ifinfomsg), IFLA_LINKINFO, 0);
	struct differing *d = arg;
	const void *data = info ? nl_in(info, d->kind, 0) : NULL, *now;
	const struct rtattr *a;
	size_t at;

	for (at = 0; at + sizeof(*a) <= d->n; at += RTA_ALIGN(a->rta_len)) {
		a = (const void *)(d->want + at);
		if (a->rta_len < sizeof(*a) || a->rta_len > d->n - at)
			return -EINVAL;
		now = data ? nl_in(data, a->rta_type & NLA_TYPE_MASK, RTA_PAYLOAD(a)) : NULL;
		if (now && !memcmp(now, RTA_DATA(a), RTA_PAYLOAD(a)))
			continue;
		nl_append(d->r, a, RTA_ALIGN(a->rta_len));
		d->any = true;
	}
	return 1;
}

/* A kernel may lack what is at its usual value, and refuses to set that. */
static int change(const struct crfs_net_link *c, int kind, const char *of, const struct crfs_str *attrs)
{
	const struct ifinfomsg m = { .ifi_index = c->link };
	uint8_t bytes[ATTRS_MAX] __attribute__((aligned(4)));
	struct rtattr *info, *data;
	struct nl_request r, get;
	struct differing d = { .want = bytes, .n = hex_get(bytes, attrs), .kind = kind, .r = &r };
	int rc;

	nl_begin(&r, RTM_NEWLINK, 0, &m, sizeof(m));
	info = nl_nest(&r, IFLA_LINKINFO);
	nl_attr(&r, kind == IFLA_INFO_DATA ? IFLA_INFO_KIND : IFLA_INFO_SLAVE_KIND, of, strlen(of));
	data = nl_nest(&r, kind);
	nl_begin(&get, RTM_GETLINK, 0, &m, sizeof(m));
	rc = nl_get(NETLINK_ROUTE, &get, compare, &d);
	nl_nest_end(&r, data);
	nl_nest_end(&r, info);
	return rc < 0 ? rc : d.any ? nl_ask(NETLINK_ROUTE, &r) : 0;
}

/*
 * A port that joins lets nothing through for IFLA_BR_FORWARD_DELAY, 15 s usually, in case it closes a loop. Those of a
 * container did already, so there is no delay until link_settle(); where the spanning tree protocol is spoken, that decides.
 */
static int hurry(const struct crfs_net_link *c)
{
	const struct ifinfomsg m = { .ifi_index = c->link };
	uint8_t bytes[ATTRS_MAX] __attribute__((aligned(4)));
	struct rtattr *info, *data;
	struct nl_request r;

	if (attr_of(bytes, hex_get(bytes, &c->attrs), IFLA_BR_STP_STATE, 0))
		return 0;
	nl_begin(&r, RTM_NEWLINK, 0, &m, sizeof(m));
	info = nl_nest(&r, IFLA_LINKINFO);
	nl_attr(&r, IFLA_INFO_KIND, "bridge", strlen("bridge"));
	data = nl_nest(&r, IFLA_INFO_DATA);
	nl_attr(&r, IFLA_BR_FORWARD_DELAY, &(uint32_t){ 0 }, 4);
	nl_nest_end(&r, data);
	nl_nest_end(&r, info);
	return nl_ask(NETLINK_ROUTE, &r);
}

/*
 * A bridge has the lowest address of its ports, unless it was given one. What comes with every namespace (tunl0) has been
 * set up where it stands in the tree, and is there.
 */
int link_kind_make(const struct crfs_net_link *c)
{
	const struct link_kind *k = link_kind(c->kind.p, c->kind.len);
	const bool bridge = !strcmp(k->name, "bridge");
	const struct ifinfomsg m = { .ifi_index = c->link };
	static const uint8_t none[6];
	uint8_t bytes[ATTRS_MAX] __attribute__((aligned(4)));
	size_t n = hex_get(bytes, &c->attrs);
	struct rtattr *info, *data;
	char name[IFNAMSIZ];
	struct nl_request r;
	int rc;

	if (!strcmp(k->name, "tun"))
		return make_tun(c);
	name_of(c, name);
	if (k->fit)
		n = k->fit(bytes, n);
	nl_begin(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &m, sizeof(m));
	nl_attr(&r, IFLA_IFNAME, name, strlen(name) + 1);
	if (!bridge && memcmp(c->mac, none, 6))
		nl_attr(&r, IFLA_ADDRESS, c->mac, 6);
	if (k->lies == LIES_MUST)
		nl_attr(&r, IFLA_LINK, &c->peer, 4);
	info = nl_nest(&r, IFLA_LINKINFO);
	nl_attr(&r, IFLA_INFO_KIND, k->name, strlen(k->name));
	data = nl_nest(&r, IFLA_INFO_DATA);
	if (!bridge)
		nl_append(&r, bytes, n);
	nl_nest_end(&r, data);
	nl_nest_end(&r, info);
	rc = nl_ask(NETLINK_ROUTE, &r);
	if (rc == -EEXIST && k->comes)
		return change(c, IFLA_INFO_DATA, k->name, &c->attrs);
	if (!rc && bridge)
		rc = change(c, IFLA_INFO_DATA, k->name, &c->attrs) ?: hurry(c);
	return rc;
}

int link_join(const struct crfs_net_link *c)
{
	const struct ifinfomsg m = { .ifi_index = c->link };
	struct nl_request r;
	int rc;

	nl_begin(&r, RTM_NEWLINK, 0, &m, sizeof(m));
	nl_attr(&r, IFLA_MASTER, &c->master, 4);
	rc = nl_ask(NETLINK_ROUTE, &r);
	return rc ?: change(c, IFLA_INFO_SLAVE_DATA, "bridge", &c->port);
}

static int take_flags(void *arg, const struct nlmsghdr *h)
{
	*(unsigned int *)arg = ((const struct ifinfomsg *)NLMSG_DATA(h))->ifi_flags;
	return 1;
}

/* net/core/link_watch.c: what has a carrier (LOWER_UP) runs a moment later, and then its bridge and IPv6 hear of it. */
void link_wait(const struct crfs_net_link *c)
{
	const struct ifinfomsg m = { .ifi_index = c->link };
	const struct timespec ms = { .tv_nsec = 1000000 };
	unsigned int flags, tries = 2000;
	struct nl_request r;

	do {
		flags = 0;
		nl_begin(&r, RTM_GETLINK, 0, &m, sizeof(m));
		if (nl_get(NETLINK_ROUTE, &r, take_flags, &flags) != 1 || !(flags & IFF_LOWER_UP) || flags & IFF_RUNNING)
			return;
	} while (tries-- && !nanosleep(&ms, NULL));
}

int link_settle(const struct crfs_net_link *c)
{
	const struct link_kind *k = link_kind(c->kind.p, c->kind.len);

	return k && !strcmp(k->name, "bridge") ? change(c, IFLA_INFO_DATA, k->name, &c->attrs) : 0;
}
