/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ns/net-<id>: a network namespace: its loopback device, links, addresses, routes, sysctls and filters. */
#ifndef CRFS_RES_NS_NET_H
#define CRFS_RES_NS_NET_H

#include <crfs/names.h>

/* First section: lo */
struct crfs_ns_net {
	__u8 up;
	__u32 mtu;
};

static const struct crfs_field crfs_ns_net_fields[] = {
	CRFS_FIELD(struct crfs_ns_net, CRFS_DEC, up),
	CRFS_FIELD(struct crfs_ns_net, CRFS_DEC, mtu),
};
CRFS_SHAPE(crfs_ns_net_shape, struct crfs_ns_net, CRFS_BLOCK, "net", crfs_ns_net_fields);

/* Second section: its addresses */
struct crfs_net_addr {
	__u32 family;		/* AF_INET: 2, AF_INET6: 10 */
	__u8 addr[16];		/* in network order; IPv4 in the first four */
	__u32 prefix;
	__u32 scope;		/* RT_SCOPE_*: 254 is the host */
};

static const struct crfs_field crfs_net_addr_fields[] = {
	CRFS_FIELD(struct crfs_net_addr, CRFS_DEC, family),
	CRFS_FIELD(struct crfs_net_addr, CRFS_BLOB, addr),
	CRFS_FIELD(struct crfs_net_addr, CRFS_DEC, prefix),
	CRFS_FIELD(struct crfs_net_addr, CRFS_DEC, scope),
};
CRFS_SHAPE(crfs_net_addr_shape, struct crfs_net_addr, CRFS_ROWS, "addresses", crfs_net_addr_fields);

/* Third section: what is set otherwise than in a new namespace */
struct crfs_net_sysctl {
	struct crfs_str sysctl;	/* "ipv4/ip_forward", below /proc/sys/net */
	struct crfs_str value;
};

static const struct crfs_field crfs_net_sysctl_fields[] = {
	CRFS_FIELD(struct crfs_net_sysctl, CRFS_STR, sysctl),
	CRFS_FIELD(struct crfs_net_sysctl, CRFS_STR, value),
};
CRFS_SHAPE(crfs_net_sysctl_shape, struct crfs_net_sysctl, CRFS_ROWS, "sysctls", crfs_net_sysctl_fields);


/* Fourth section: links but lo. Numbers are kept: sockets and routes have them. */

/* IFF_*, netdevice(7) */
CRFS_NAMES(crfs_net_link_flags) = {
	{ 0x1, "up" },
	{ 0x80, "noarp" },
	{ 0x100, "promisc" },
	{ 0x200, "allmulti" },
	{ 0x1000, "multicast" },
	{ 0, NULL }
};

struct crfs_net_link {
	__u32 link;
	struct crfs_str name;
	struct crfs_str kind;		/* "veth" */
	__u32 peer;			/* the number of its other end, or of the link it lies on; 0: outside, or none */
	__u32 peer_ns;			/* ns/net-<id> that its other end is in; 0: this one */
	struct crfs_str external;	/* what its other end is declared as, else "" */
	__u32 flags;
	__u32 mtu;
	__u32 txqlen;
	__u32 group;
	__u8 mac[6];
	__u32 master;			/* the number of the bridge that it is a port of; 0: none */
	struct crfs_str attrs;		/* what a link of this kind is made with, in hexadecimal digits */
	struct crfs_str port;		/* what it has as a port, likewise */
};

#define CRFS_LINK(t, m) CRFS_FIELD(struct crfs_net_link, t, m)
static const struct crfs_field crfs_net_link_fields[] = {
	CRFS_LINK(CRFS_DEC, link),
	CRFS_LINK(CRFS_STR, name),
	CRFS_LINK(CRFS_STR, kind),
	CRFS_LINK(CRFS_DEC, peer),
	CRFS_LINK(CRFS_DEC, peer_ns),
	CRFS_LINK(CRFS_STR, external),
	CRFS_FIELD_NAMES(struct crfs_net_link, CRFS_FLAGS, flags, crfs_net_link_flags),
	CRFS_LINK(CRFS_DEC, mtu),
	CRFS_LINK(CRFS_DEC, txqlen),
	CRFS_LINK(CRFS_DEC, group),
	CRFS_LINK(CRFS_BLOB, mac),
	CRFS_LINK(CRFS_DEC, master),
	CRFS_LINK(CRFS_STR, attrs),
	CRFS_LINK(CRFS_STR, port),
};
CRFS_SHAPE(crfs_net_link_shape, struct crfs_net_link, CRFS_ROWS, "links", crfs_net_link_fields);

/* Fifth section: their addresses, in the order in which the kernel lists them */

/* IFA_F_*, linux/if_addr.h */
CRFS_NAMES(crfs_net_linkaddr_flags) = {
	{ 0x10, "homeaddress" },
	{ 0x20, "deprecated" },
	{ 0x100, "managetempaddr" },
	{ 0x200, "noprefixroute" },
	{ 0x400, "mcautojoin" },
	{ 0, NULL }
};

struct crfs_net_linkaddr {
	__u32 link;
	__u32 family;
	__u8 addr[16];
	__u8 peer[16];			/* of a link between two; else @addr */
	__u32 prefix;
	__u32 scope;
	__u32 flags;
	__u8 broadcast[4];
	struct crfs_str label;
	__u32 metric;
};

#define CRFS_LINKADDR(t, m) CRFS_FIELD(struct crfs_net_linkaddr, t, m)
static const struct crfs_field crfs_net_linkaddr_fields[] = {
	CRFS_LINKADDR(CRFS_DEC, link),
	CRFS_LINKADDR(CRFS_DEC, family),
	CRFS_LINKADDR(CRFS_BLOB, addr),
	CRFS_LINKADDR(CRFS_BLOB, peer),
	CRFS_LINKADDR(CRFS_DEC, prefix),
	CRFS_LINKADDR(CRFS_DEC, scope),
	CRFS_FIELD_NAMES(struct crfs_net_linkaddr, CRFS_FLAGS, flags, crfs_net_linkaddr_flags),
	CRFS_LINKADDR(CRFS_BLOB, broadcast),
	CRFS_LINKADDR(CRFS_STR, label),
	CRFS_LINKADDR(CRFS_DEC, metric),
};
CRFS_SHAPE(crfs_net_linkaddr_shape, struct crfs_net_linkaddr, CRFS_ROWS, "link addresses", crfs_net_linkaddr_fields);

/* Sixth section: routes, but those of the local table that come with the addresses */
struct crfs_net_route {
	__u32 family;
	__u8 dst[16];
	__u32 prefix;
	__u8 gateway[16];		/* all 0: none */
	__u32 link;			/* 0: none, as of a route that refuses */
	__u32 table;
	__u32 protocol;			/* RTPROT_* */
	__u32 scope;			/* RT_SCOPE_* */
	__u32 type;			/* RTN_* */
	__u32 tos;
	__u32 metric;
	__u8 source[16];		/* all 0: none preferred */
	__u32 onlink;
	__u32 mtu;			/* 0: that of the link */
	struct crfs_str attrs;		/* what else rtnetlink has of it: paths, nexthop, metrics; in hexadecimal digits */
};

#define CRFS_ROUTE(t, m) CRFS_FIELD(struct crfs_net_route, t, m)
static const struct crfs_field crfs_net_route_fields[] = {
	CRFS_ROUTE(CRFS_DEC, family),
	CRFS_ROUTE(CRFS_BLOB, dst),
	CRFS_ROUTE(CRFS_DEC, prefix),
	CRFS_ROUTE(CRFS_BLOB, gateway),
	CRFS_ROUTE(CRFS_DEC, link),
	CRFS_ROUTE(CRFS_DEC, table),
	CRFS_ROUTE(CRFS_DEC, protocol),
	CRFS_ROUTE(CRFS_DEC, scope),
	CRFS_ROUTE(CRFS_DEC, type),
	CRFS_ROUTE(CRFS_DEC, tos),
	CRFS_ROUTE(CRFS_DEC, metric),
	CRFS_ROUTE(CRFS_BLOB, source),
	CRFS_ROUTE(CRFS_DEC, onlink),
	CRFS_ROUTE(CRFS_DEC, mtu),
	CRFS_FIELD_LATER(struct crfs_net_route, CRFS_STR, attrs),
};
CRFS_SHAPE(crfs_net_route_shape, struct crfs_net_route, CRFS_ROWS, "routes", crfs_net_route_fields);

/*
 * Seventh section: tables of nftables, and behind each what is in it. What they are made of is told as the
 * kernel tells it, in attributes of netlink, since each kind of expression has its own.
 */

CRFS_NAMES(crfs_net_nft_kinds) = {
	{ 0, "table" },
	{ 1, "chain" },
	{ 2, "object" },
	{ 3, "set" },
	{ 4, "element" },
	{ 5, "flowtable" },
	{ 6, "rule" },
	{ 0, NULL }
};

/* NFPROTO_* */
CRFS_NAMES(crfs_net_nft_families) = {
	{ 1, "inet" },
	{ 2, "ip" },
	{ 3, "arp" },
	{ 5, "netdev" },
	{ 7, "bridge" },
	{ 10, "ip6" },
	{ 0, NULL }
};

struct crfs_net_nft {
	__u32 kind;
	__u32 family;
	struct crfs_str table;
	struct crfs_str name;		/* of a rule: its chain, of an element: its set */
	__u64 handle;			/* by which it can be deleted; 0: none */
	__u64 expires_ms;		/* of an element; 0: never */
	struct crfs_str attrs;		/* in hexadecimal digits */
};

#define CRFS_NFT(t, m) CRFS_FIELD(struct crfs_net_nft, t, m)
static const struct crfs_field crfs_net_nft_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_net_nft, CRFS_NAME, kind, crfs_net_nft_kinds),
	CRFS_FIELD_NAMES(struct crfs_net_nft, CRFS_NAME, family, crfs_net_nft_families),
	CRFS_NFT(CRFS_STR, table),
	CRFS_NFT(CRFS_STR, name),
	CRFS_NFT(CRFS_DEC, handle),
	CRFS_NFT(CRFS_DEC, expires_ms),
	CRFS_NFT(CRFS_STR, attrs),
};
CRFS_SHAPE(crfs_net_nft_shape, struct crfs_net_nft, CRFS_ROWS, "nftables", crfs_net_nft_fields);

/* Eighth section: rules of routing, as they are asked, neighbours that somebody has set, nexthop objects, queueing disciplines, and more of links */

CRFS_NAMES(crfs_net_entry_kinds) = {
	{ 0, "rule" },
	{ 1, "neighbour" },
	{ 2, "proxy" },
	{ 3, "nexthop" },
	{ 4, "qdisc" },
	{ 5, "station" },
	{ 6, "alias" },
	{ 7, "altname" },
	{ 8, "remote" },
	{ 0, NULL }
};

struct crfs_net_entry {
	__u32 kind;
	__u32 family;			/* AF_INET: 2, AF_INET6: 10, AF_BRIDGE: 7, 0: any */
	struct crfs_str attrs;		/* what rtnetlink has of it: header and attributes, in hexadecimal digits */
};

static const struct crfs_field crfs_net_entry_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_net_entry, CRFS_NAME, kind, crfs_net_entry_kinds),
	CRFS_FIELD(struct crfs_net_entry, CRFS_DEC, family),
	CRFS_FIELD(struct crfs_net_entry, CRFS_STR, attrs),
};
CRFS_SHAPE(crfs_net_entry_shape, struct crfs_net_entry, CRFS_ROWS, "rules and neighbours", crfs_net_entry_fields);

/* Ninth section: connections that netfilter follows */
struct crfs_net_conn {
	__u32 family;			/* AF_INET: 2, AF_INET6: 10 */
	__u32 expires_s;
	struct crfs_str attrs;		/* attributes of nfnetlink, in hexadecimal digits */
};

static const struct crfs_field crfs_net_conn_fields[] = {
	CRFS_FIELD(struct crfs_net_conn, CRFS_DEC, family),
	CRFS_FIELD(struct crfs_net_conn, CRFS_DEC, expires_s),
	CRFS_FIELD(struct crfs_net_conn, CRFS_STR, attrs),
};
CRFS_SHAPE(crfs_net_conn_shape, struct crfs_net_conn, CRFS_ROWS, "followed connections", crfs_net_conn_fields);

#endif
