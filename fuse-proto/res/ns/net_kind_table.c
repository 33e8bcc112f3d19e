// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kinds of links but veth: what each is made with, IFLA_INFO_DATA of rtnetlink(7), as attributes that the kernel tells and
 * takes (->newlink() and ->fill_info() of struct rtnl_link_ops). What it tells and takes not (timers, identities) is left
 * out; what this crfs does not know is refused.
 */
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_vlan.h>
#include <string.h>

#include "net_kinds.h"

#define BIT(n) (1ULL << (n))
#define BITS(from, to) ((BIT((to) - (from) + 1) - 1) << (from))
#define MACVLAN_SOURCE 16

/* linux/if_link.h of today: the headers here may be older. */
enum { BR_VLAN_FILTERING = 7, BR_GROUP_ADDR = 20, BR_MULTI_BOOLOPT = 46 };
enum { GENEVE_TTL_INHERIT = 12 };
enum { VXLAN_REMCSUM_RX = 22, VXLAN_TTL_INHERIT = 28, VXLAN_VNIFILTER = 30 };

static const char *bridge_odd(const void *data)
{
	const uint8_t *vlan = nl_in(data, BR_VLAN_FILTERING, 1);

	return vlan && *vlan ? "it tells VLANs apart (vlan_filtering)" : NULL;
}

static const char *macvlan_odd(const void *data)
{
	const uint32_t *mode = nl_in(data, IFLA_MACVLAN_MODE, 4);

	return mode && *mode == MACVLAN_SOURCE ? "its mode is source" : NULL;
}

static const char *vxlan_odd(const void *data)
{
	const uint8_t *filter = nl_in(data, VXLAN_VNIFILTER, 1);

	return filter && *filter ? "it lets single networks through (vnifilter)" : NULL;
}

/* The kernel tells a mask of all flags, and takes only those that it has; a new one has VLAN_FLAG_REORDER_HDR. */
static size_t vlan_fit(uint8_t *bytes, size_t n)
{
	struct ifla_vlan_flags *f = (void *)nl_among(bytes, n, IFLA_VLAN_FLAGS, sizeof(*f));

	if (f)
		f->mask = f->flags | VLAN_FLAG_REORDER_HDR;
	return n;
}

/* What a byte tells is said by being there. @bare: without the byte */
static size_t fit_flag(uint8_t *bytes, size_t n, int type, bool bare)
{
	uint8_t *byte = (uint8_t *)nl_among(bytes, n, type, 1), *from;
	struct rtattr *a;

	if (!byte || (*byte && !bare))
		return n;
	a = (void *)(byte - RTA_LENGTH(0));
	from = (uint8_t *)a + (*byte ? RTA_LENGTH(0) : 0);
	n -= (uint8_t *)a + RTA_SPACE(1) - from;
	memmove(from, (uint8_t *)a + RTA_SPACE(1), n - (from - bytes));
	if (from != (uint8_t *)a)
		a->rta_len = RTA_LENGTH(0);
	return n;
}

/* drivers/net/vxlan/vxlan_core.c: VXLAN_REMCSUM_RX uses reserved bits of the header, whatever it says (6.14). */
static size_t vxlan_fit(uint8_t *bytes, size_t n)
{
	n = fit_flag(bytes, n, VXLAN_TTL_INHERIT, true);
	return fit_flag(bytes, n, VXLAN_REMCSUM_RX, false);
}

/* drivers/net/geneve.c, geneve_nl2info(): where that attribute is, IFLA_GENEVE_TTL is not looked at. */
static size_t geneve_fit(uint8_t *bytes, size_t n)
{
	return fit_flag(bytes, n, GENEVE_TTL_INHERIT, false);
}

#define MACVLAN_ATTRS (BIT(1) | BIT(2) | BIT(7) | BIT(9))
#define MACVLAN_TOLD (BIT(5) | BIT(6) | BIT(8))
#define TUNNEL_LINK 1		/* of linux/if_tunnel.h: IFLA_IPTUN_LINK, IFLA_GRE_LINK, IFLA_VTI_LINK */
#define IPTUN_ATTRS BITS(1, 20)
#define GRE_ATTRS BITS(1, 20)

static const struct link_kind kinds[] = {
	{ .name = "bridge", .odd = bridge_odd,
	  .attrs = BITS(1, 9) | BITS(22, 39) | BITS(41, 46) | BIT(49), .told = BITS(10, 21) | BIT(40) | BIT(47) | BIT(48) },
	{ .name = "macvlan", .odd = macvlan_odd, .lies = LIES_MUST,
	  .attrs = MACVLAN_ATTRS, .told = MACVLAN_TOLD },
	{ .name = "macvtap", .odd = macvlan_odd, .lies = LIES_MUST,
	  .attrs = MACVLAN_ATTRS, .told = MACVLAN_TOLD },
	{ .name = "ipvlan", .lies = LIES_MUST, .attrs = BIT(1) | BIT(2) },
	{ .name = "vlan", .lies = LIES_MUST, .attrs = BITS(1, 5), .fit = vlan_fit },
	{ .name = "dummy" },
	{ .name = "ifb" },
	{ .name = "tun", .attrs = BITS(1, 5) | BIT(TUN_MULTI_QUEUE), .told = BIT(TUN_PERSIST) | BITS(8, 9) },
	{ .name = "vrf", .attrs = BIT(1) },
	{ .name = "vxlan", .odd = vxlan_odd, .lies = LIES_MAY, .on = IFLA_VXLAN_LINK, .attrs = BITS(1, 34), .fit = vxlan_fit },
	{ .name = "geneve", .attrs = BITS(1, 15), .fit = geneve_fit },
	{ .name = "ipip", .lies = LIES_MAY, .on = TUNNEL_LINK, .comes = true, .attrs = IPTUN_ATTRS },
	{ .name = "sit", .lies = LIES_MAY, .on = TUNNEL_LINK, .comes = true, .attrs = IPTUN_ATTRS },
	{ .name = "ip6tnl", .lies = LIES_MAY, .on = TUNNEL_LINK, .comes = true, .attrs = IPTUN_ATTRS },
	{ .name = "gre", .lies = LIES_MAY, .on = TUNNEL_LINK, .comes = true, .attrs = GRE_ATTRS },
	{ .name = "gretap", .lies = LIES_MAY, .on = TUNNEL_LINK, .comes = true, .attrs = GRE_ATTRS },
	{ .name = "ip6gre", .lies = LIES_MAY, .on = TUNNEL_LINK, .comes = true, .attrs = GRE_ATTRS },
	{ .name = "vti", .lies = LIES_MAY, .on = TUNNEL_LINK, .comes = true, .attrs = BITS(1, 6) },
};

const struct link_kind link_port_kind = {
	.attrs = BITS(2, 12) | BIT(25) | BITS(27, 34) | BIT(37) | BIT(39) | BIT(40) | BITS(42, 44),
	.told = BIT(1) | BITS(13, 24) | BIT(26) | BIT(35) | BIT(36) | BIT(38) | BIT(41),
};

const struct link_kind *link_kind(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strlen(kinds[i].name) == len && !memcmp(kinds[i].name, name, len))
			return &kinds[i];
	return NULL;
}
