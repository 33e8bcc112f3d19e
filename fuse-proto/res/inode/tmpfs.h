/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in a tmpfs of the container's own, for the room of its mount. */
#ifndef CRFS_INODE_TMPFS_H
#define CRFS_INODE_TMPFS_H

#include "resource.h"

extern const struct resource res_inode_tmpfs;

/**
 * tmpfs_inode() - the inode that carries a tmpfs
 * @root: a descriptor of its root; taken over
 * @mountpoint: in ns/mnt-<@mnt_ns>
 * Return: the inode, or NULL (no memory)
 */
struct inode *tmpfs_inode(struct snap *s, int root, uint32_t mnt_ns, const struct crfs_str *mountpoint);

/** tmpfs_carried() - is @dev one that the tree carries? */
bool tmpfs_carried(const struct snap *s, dev_t dev);

/** tmpfs_xattr_fits() - does an extended attribute of this name travel? */
bool tmpfs_xattr_fits(const char *name);

void tmpfs_check(struct image *im, struct iobj *o);

/** tmpfs_in() - what the image has for the mount at @mountpoint, or NULL */
struct iobj *tmpfs_in(const struct image *im, uint32_t mnt_ns, const struct crfs_str *mountpoint);

/** tmpfs_make_root() - make what @o has as its root, a file or an empty directory, as @name in @dir */
int tmpfs_make_root(struct restore *rs, struct iobj *o, int dir, const char *name);

/** tmpfs_fill() - put back, below @root, what the image has for this mount; nothing if it has nothing */
int tmpfs_fill(struct restore *rs, int root, uint32_t mnt_ns, const struct crfs_str *mountpoint);

#endif
