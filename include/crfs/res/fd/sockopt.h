/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Rows of sockets: options that are not as in a fresh socket. */
#ifndef CRFS_RES_FD_SOCKOPT_H
#define CRFS_RES_FD_SOCKOPT_H

#include <crfs/shape.h>

struct crfs_sockopt {
	struct crfs_str option;
	__s64 value;
};

static const struct crfs_field crfs_sockopt_fields[] = {
	CRFS_FIELD(struct crfs_sockopt, CRFS_STR, option),
	CRFS_FIELD(struct crfs_sockopt, CRFS_INT, value),
};
CRFS_SHAPE(crfs_sockopt_shape, struct crfs_sockopt, CRFS_ROWS, "options", crfs_sockopt_fields);

/*
 * Rows behind the options, of rooms that have no fields for it: whose the socket is, if not root's. A firewall asks
 * for it, rules of routing (uidrange), and who would share a port (SO_REUSEPORT).
 */
#define CRFS_SOCK_UID "uid"
#define CRFS_SOCK_GID "gid"

#endif
