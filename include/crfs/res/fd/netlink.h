/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, type netlink: a netlink socket. */
#ifndef CRFS_RES_FD_NETLINK_H
#define CRFS_RES_FD_NETLINK_H

#include <crfs/names.h>
#include <crfs/res/fd/sockopt.h>

CRFS_NAMES(crfs_netlink_types) = { { 2, "dgram" }, { 3, "raw" }, { 0, NULL } };
CRFS_NAMES(crfs_netlink_protocols) = {
	{ 0, "route" }, { 2, "usersock" }, { 4, "sock_diag" }, { 5, "nflog" }, { 6, "xfrm" },
	{ 7, "selinux" }, { 8, "iscsi" }, { 9, "audit" }, { 10, "fib_lookup" }, { 11, "connector" },
	{ 12, "netfilter" }, { 14, "dnrtmsg" }, { 15, "kobject_uevent" }, { 16, "generic" },
	{ 18, "scsitransport" }, { 19, "ecryptfs" }, { 20, "rdma" }, { 21, "crypto" }, { 0, NULL },
};

#define CRFS_NETLINK_OVERRUN "overrun"	/* a row behind the options: the next that the program hears is ENOBUFS */
#define CRFS_NETLINK_OURS 0x63726673	/* of an answer that a restore has left: its number */

struct crfs_fd_netlink {
	__u32 socktype;
	__u32 protocol;
	__u32 uid;
	__u32 gid;
	__u32 port;		/* nl_pid; 0: not bound */
	__u32 peer_port;
	__u32 peer_groups;
	struct crfs_str groups;	/* numbers, from 1 */
};

static const struct crfs_field crfs_fd_netlink_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_fd_netlink, CRFS_NAME, socktype, crfs_netlink_types),
	CRFS_FIELD_NAMES(struct crfs_fd_netlink, CRFS_NAME, protocol, crfs_netlink_protocols),
	CRFS_FIELD(struct crfs_fd_netlink, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_fd_netlink, CRFS_DEC, gid),
	CRFS_FIELD(struct crfs_fd_netlink, CRFS_DEC, port),
	CRFS_FIELD(struct crfs_fd_netlink, CRFS_DEC, peer_port),
	CRFS_FIELD(struct crfs_fd_netlink, CRFS_HEX, peer_groups),
	CRFS_FIELD(struct crfs_fd_netlink, CRFS_LIST, groups),
};
CRFS_SHAPE(crfs_fd_netlink_shape, struct crfs_fd_netlink, CRFS_BLOCK, "netlink",
	   crfs_fd_netlink_fields);

#endif
