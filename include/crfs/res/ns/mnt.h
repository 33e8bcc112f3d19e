/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ns/mnt-<id>: the mounts of a mount namespace. */
#ifndef CRFS_RES_NS_MNT_H
#define CRFS_RES_NS_MNT_H

#include <crfs/shape.h>

/* crfs_mount.master: a slave of mounts outside the namespace */
#define CRFS_MASTER_OUTSIDE (~0U)

static const struct crfs_name crfs_master_names[] = {
	{ CRFS_MASTER_OUTSIDE, "outside" },
	{ 0, NULL }
};

/*
 * What a mount shows is found at the restore by one of: bind; of_ns and of; or its type, where it is
 * the first of a filesystem that the container has made itself.
 *
 * Rows stand parents first, what is mounted on one mount by its mount point: the order and the
 * numbers do not depend on when things were mounted.
 */
struct crfs_mount {
	__u32 id;			/* 1 and up, in this order */
	__u32 parent;			/* 0: the root of the namespace */
	struct crfs_str mountpoint;	/* from the root of the namespace */
	struct crfs_str fstype;
	struct crfs_str source;
	struct crfs_str root;		/* what of that filesystem is mounted */
	struct crfs_str bind;		/* the path that shows it where crfs is; "" if none does */
	__u32 of_ns;			/* ns/mnt-<id> and in it the mount of the same filesystem, */
	__u32 of;			/* of which this one is a bind mount; 0: none */
	__u32 pid_ns;			/* of a proc: ns/pid-<id> that it shows; 0: that of whoever mounts */
	struct crfs_str options;	/* of the mount */
	struct crfs_str super;		/* of the filesystem */
	__u32 shared;			/* peer group, over all namespaces, from 1 by first use; 0: private */
	__u32 master;			/* peer group it gets mounts from; 0: none */
};

static const struct crfs_field crfs_mount_fields[] = {
	CRFS_FIELD(struct crfs_mount, CRFS_DEC, id),
	CRFS_FIELD(struct crfs_mount, CRFS_DEC, parent),
	CRFS_FIELD(struct crfs_mount, CRFS_STR, mountpoint),
	CRFS_FIELD(struct crfs_mount, CRFS_STR, fstype),
	CRFS_FIELD(struct crfs_mount, CRFS_STR, source),
	CRFS_FIELD(struct crfs_mount, CRFS_STR, root),
	CRFS_FIELD(struct crfs_mount, CRFS_STR, bind),
	CRFS_FIELD(struct crfs_mount, CRFS_DEC, of_ns),
	CRFS_FIELD(struct crfs_mount, CRFS_DEC, of),
	CRFS_FIELD(struct crfs_mount, CRFS_DEC, pid_ns),
	CRFS_FIELD(struct crfs_mount, CRFS_STR, options),
	CRFS_FIELD(struct crfs_mount, CRFS_STR, super),
	CRFS_FIELD(struct crfs_mount, CRFS_DEC, shared),
	CRFS_FIELD_NAMES(struct crfs_mount, CRFS_NAME, master, crfs_master_names),
};
CRFS_SHAPE(crfs_mount_shape, struct crfs_mount, CRFS_ROWS, "mounts", crfs_mount_fields);

#endif
