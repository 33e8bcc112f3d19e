/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type pipe: a pipe or FIFO; its content is the payload data. */
#ifndef CRFS_RES_INODE_PIPE_H
#define CRFS_RES_INODE_PIPE_H

#include <crfs/shape.h>

struct crfs_inode_pipe {
	__u32 size;		/* F_GETPIPE_SZ */
	__u32 mode;		/* permission bits */
	__u32 uid;
	__u32 gid;
	struct crfs_str path;	/* a FIFO's, from the root of its mount namespace; else empty */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u8 unlinked;		/* a FIFO that had @path and has none any more */
};

static const struct crfs_field crfs_inode_pipe_fields[] = {
	CRFS_FIELD(struct crfs_inode_pipe, CRFS_DEC, size),
	CRFS_FIELD(struct crfs_inode_pipe, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_inode_pipe, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_inode_pipe, CRFS_DEC, gid),
	CRFS_FIELD(struct crfs_inode_pipe, CRFS_STR, path),
	CRFS_FIELD(struct crfs_inode_pipe, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_inode_pipe, CRFS_DEC, unlinked),
};
CRFS_SHAPE(crfs_inode_pipe_shape, struct crfs_inode_pipe, CRFS_BLOCK, "pipe",
	   crfs_inode_pipe_fields);

/* How the bytes of data stand in it: a row is one of the kernel's buffers. */
struct crfs_pipe_run {
	__u32 len;
	__u8 packet;		/* written with O_DIRECT: a short read throws the rest away */
};

static const struct crfs_field crfs_pipe_run_fields[] = {
	CRFS_FIELD(struct crfs_pipe_run, CRFS_DEC, len),
	CRFS_FIELD(struct crfs_pipe_run, CRFS_DEC, packet),
};
CRFS_SHAPE(crfs_pipe_run_shape, struct crfs_pipe_run, CRFS_ROWS, "runs", crfs_pipe_run_fields);

#endif
