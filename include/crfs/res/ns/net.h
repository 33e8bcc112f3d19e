/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ns/net-<id>: a network namespace that has nothing but its loopback device. */
#ifndef CRFS_RES_NS_NET_H
#define CRFS_RES_NS_NET_H

#include <crfs/shape.h>

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

#endif
