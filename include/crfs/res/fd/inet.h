/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What sockets of the internet protocols without connections look like: UDP, raw, ping. */
#ifndef CRFS_RES_FD_INET_H
#define CRFS_RES_FD_INET_H

#include <crfs/names.h>
#include <crfs/res/fd/sockopt.h>

CRFS_NAMES(crfs_shutdown_names) = { { 1, "read" }, { 2, "write" }, { 0, NULL } };
CRFS_NAMES(crfs_family_names) = { { 2, "inet" }, { 10, "inet6" }, { 0, NULL } };
CRFS_NAMES(crfs_group_modes) = { { 0, "exclude" }, { 1, "include" }, { 0, NULL } };

struct crfs_fd_inet {
	__u16 family;
	__u32 protocol;		/* IPPROTO_* */
	__u32 uid;		/* of the socket, which a firewall and SO_REUSEPORT ask for */
	__u32 gid;
	__u8 addr[16];		/* in network order; IPv4 in the first four bytes */
	__u16 port;		/* 0: not bound */
	__u32 scope;		/* IPv6 scope id */
	__u8 peer_addr[16];
	__u16 peer_port;
	__u32 peer_scope;
	__u8 connected;
	__u8 shutdown;
	__u32 queue;		/* inodes/<id>, what waits to be received; 0: nothing does */
};

static const struct crfs_field crfs_fd_inet_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_fd_inet, CRFS_NAME, family, crfs_family_names),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_DEC, protocol),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_DEC, gid),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_BLOB, addr),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_DEC, port),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_DEC, scope),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_BLOB, peer_addr),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_DEC, peer_port),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_DEC, peer_scope),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_DEC, connected),
	CRFS_FIELD_NAMES(struct crfs_fd_inet, CRFS_FLAGS, shutdown, crfs_shutdown_names),
	CRFS_FIELD(struct crfs_fd_inet, CRFS_DEC, queue),
};
CRFS_SHAPE(crfs_fd_inet_shape, struct crfs_fd_inet, CRFS_BLOCK, "inet", crfs_fd_inet_fields);

/* Multicast groups it is in; a row for each source, or one without a source. */
struct crfs_inet_group {
	__u16 family;		/* of the group; an inet6 socket may be in IPv4 groups too */
	struct crfs_str interface;
	__u8 group[16];
	__u8 mode;		/* what is said of the sources */
	__u8 source[16];	/* all zero: none */
};

static const struct crfs_field crfs_inet_group_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_inet_group, CRFS_NAME, family, crfs_family_names),
	CRFS_FIELD(struct crfs_inet_group, CRFS_STR, interface),
	CRFS_FIELD(struct crfs_inet_group, CRFS_BLOB, group),
	CRFS_FIELD_NAMES(struct crfs_inet_group, CRFS_NAME, mode, crfs_group_modes),
	CRFS_FIELD(struct crfs_inet_group, CRFS_BLOB, source),
};
CRFS_SHAPE(crfs_inet_group_shape, struct crfs_inet_group, CRFS_ROWS, "groups",
	   crfs_inet_group_fields);

#endif
