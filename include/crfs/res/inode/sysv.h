/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What System V segments, semaphores and queues have in common: struct ipc_perm, svipc(7). */
#ifndef CRFS_RES_INODE_SYSV_H
#define CRFS_RES_INODE_SYSV_H

#include <crfs/shape.h>

struct crfs_sysv {
	__u32 ipc_ns;		/* ns/ipc-<id> it is in; 0: that of whoever mounts */
	__u32 id;		/* as shmget(2) and its like give it */
	__u32 key;		/* 0: IPC_PRIVATE */
	__u32 mode;
	__u32 uid;
	__u32 gid;
	__u32 cuid;		/* its creator */
	__u32 cgid;
};

#define CRFS_SYSV_FIELD(T, t, m) \
	{ .key = #m, .type = (t), .offset = offsetof(T, perm) + offsetof(struct crfs_sysv, m), \
	  .size = sizeof(((struct crfs_sysv *)0)->m) }
/* The first fields of a shape whose struct has a member perm */
#define CRFS_SYSV_FIELDS(T) \
	CRFS_SYSV_FIELD(T, CRFS_DEC, ipc_ns), CRFS_SYSV_FIELD(T, CRFS_DEC, id), \
	CRFS_SYSV_FIELD(T, CRFS_HEX, key), CRFS_SYSV_FIELD(T, CRFS_OCT, mode), \
	CRFS_SYSV_FIELD(T, CRFS_DEC, uid), CRFS_SYSV_FIELD(T, CRFS_DEC, gid), \
	CRFS_SYSV_FIELD(T, CRFS_DEC, cuid), CRFS_SYSV_FIELD(T, CRFS_DEC, cgid)

#endif
