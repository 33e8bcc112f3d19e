/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ns/ipc-<id>: the limits of an IPC namespace; what is in it stands in inodes/. */
#ifndef CRFS_RES_NS_IPC_H
#define CRFS_RES_NS_IPC_H

#include <crfs/shape.h>

struct crfs_ns_ipc {
	struct crfs_str sysctl;		/* "kernel.shmmax" */
	struct crfs_str value;		/* as it is read, one blank between numbers */
};

static const struct crfs_field crfs_ns_ipc_fields[] = {
	CRFS_FIELD(struct crfs_ns_ipc, CRFS_STR, sysctl),
	CRFS_FIELD(struct crfs_ns_ipc, CRFS_STR, value),
};
CRFS_SHAPE(crfs_ns_ipc_shape, struct crfs_ns_ipc, CRFS_ROWS, "ipc", crfs_ns_ipc_fields);

#endif
