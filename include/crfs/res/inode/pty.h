/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type pty: a pseudoterminal, both sides. */
#ifndef CRFS_RES_INODE_PTY_H
#define CRFS_RES_INODE_PTY_H

#include <crfs/shape.h>

struct crfs_inode_pty {
	__u32 index;		/* /dev/pts/<index> */
	struct crfs_str ptmx;	/* what was opened to make it */
	__u32 mnt_ns;		/* ns/mnt-<id>; 0: that of whoever mounts */
	__u32 uid;		/* of the slave's file */
	__u32 gid;
	__u32 mode;
	__u32 iflag;		/* struct termios2 of the slave */
	__u32 oflag;
	__u32 cflag;
	__u32 lflag;
	__u8 line;
	__u8 cc[19];
	__u32 ispeed;
	__u32 ospeed;
	__u16 rows;
	__u16 cols;
	__u16 xpixel;
	__u16 ypixel;
	__u8 locked;
	__u8 packet;
	__u8 exclusive;
	__u8 hung;		/* nobody has the slave open any more; the master reads end-of-file */
	__u32 session;		/* whose controlling terminal it is; 0: nobody's */
	__u32 foreground;	/* process group; 0: none */
	struct crfs_str input;	/* written to the master, not yet read from the slave */
	struct crfs_str output;	/* the reverse */
};

static const struct crfs_field crfs_inode_pty_fields[] = {
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, index),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_STR, ptmx),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, gid),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_OCT, iflag),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_OCT, oflag),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_OCT, cflag),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_OCT, lflag),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, line),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_BLOB, cc),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, ispeed),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, ospeed),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, rows),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, cols),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, xpixel),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, ypixel),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, locked),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, packet),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, exclusive),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, hung),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, session),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_DEC, foreground),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_STR, input),
	CRFS_FIELD(struct crfs_inode_pty, CRFS_STR, output),
};
CRFS_SHAPE(crfs_inode_pty_shape, struct crfs_inode_pty, CRFS_BLOCK, "pty", crfs_inode_pty_fields);

#endif
