/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* inodes/<id>, type tmpfs: what is in a tmpfs of the container's own; contents are pages/<hex offset>. */
#ifndef CRFS_RES_INODE_TMPFS_H
#define CRFS_RES_INODE_TMPFS_H

#include <crfs/shape.h>

struct crfs_inode_tmpfs {
	__u32 mnt_ns;			/* ns/mnt-<id> */
	struct crfs_str mountpoint;	/* from its root */
	__u64 size;			/* of all contents, each on pages of its own */
};

static const struct crfs_field crfs_inode_tmpfs_fields[] = {
	CRFS_FIELD(struct crfs_inode_tmpfs, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_inode_tmpfs, CRFS_STR, mountpoint),
	CRFS_FIELD(struct crfs_inode_tmpfs, CRFS_DEC, size),
};
CRFS_SHAPE(crfs_inode_tmpfs_shape, struct crfs_inode_tmpfs, CRFS_BLOCK, "tmpfs",
	   crfs_inode_tmpfs_fields);

/* Parents first, names in order; the first is the root, ".". */
struct crfs_tmpfs_entry {
	struct crfs_str path;	/* from the tmpfs's root */
	__u32 mode;		/* with its type */
	__u32 uid;
	__u32 gid;
	__s64 mtime_ns;
	__u64 size;		/* of a regular file */
	__u64 at;		/* where in pages its content begins */
	__u32 major;		/* of a device file */
	__u32 minor;
	struct crfs_str target;	/* of a symbolic link; of a further hard link: the path it had before */
};

static const struct crfs_field crfs_tmpfs_entry_fields[] = {
	CRFS_FIELD(struct crfs_tmpfs_entry, CRFS_STR, path),
	CRFS_FIELD(struct crfs_tmpfs_entry, CRFS_OCT, mode),
	CRFS_FIELD(struct crfs_tmpfs_entry, CRFS_DEC, uid),
	CRFS_FIELD(struct crfs_tmpfs_entry, CRFS_DEC, gid),
	CRFS_FIELD(struct crfs_tmpfs_entry, CRFS_INT, mtime_ns),
	CRFS_FIELD(struct crfs_tmpfs_entry, CRFS_DEC, size),
	CRFS_FIELD(struct crfs_tmpfs_entry, CRFS_DEC, at),
	CRFS_FIELD(struct crfs_tmpfs_entry, CRFS_DEC, major),
	CRFS_FIELD(struct crfs_tmpfs_entry, CRFS_DEC, minor),
	CRFS_FIELD(struct crfs_tmpfs_entry, CRFS_STR, target),
};
CRFS_SHAPE(crfs_tmpfs_entry_shape, struct crfs_tmpfs_entry, CRFS_ROWS, "entries",
	   crfs_tmpfs_entry_fields);

/* Of an entry before, in the order of these and by name; not those of security modules, but file capabilities */
struct crfs_tmpfs_xattr {
	struct crfs_str path;
	struct crfs_str name;
	struct crfs_str value;
};

static const struct crfs_field crfs_tmpfs_xattr_fields[] = {
	CRFS_FIELD(struct crfs_tmpfs_xattr, CRFS_STR, path),
	CRFS_FIELD(struct crfs_tmpfs_xattr, CRFS_STR, name),
	CRFS_FIELD(struct crfs_tmpfs_xattr, CRFS_STR, value),
};
CRFS_SHAPE(crfs_tmpfs_xattr_shape, struct crfs_tmpfs_xattr, CRFS_ROWS, "xattrs",
	   crfs_tmpfs_xattr_fields);

#endif
