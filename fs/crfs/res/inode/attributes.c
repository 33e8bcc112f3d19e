// SPDX-License-Identifier: GPL-2.0-only
/* What an inode that travels may have and the tree has no place for: it is lost, with a line each. */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/xattr.h>

#include "internal.h"

void lost_xattrs(struct snap *s, const struct cinode *n, const char *what)
{
	char *names = kmalloc(XATTR_LIST_MAX, GFP_KERNEL);
	ssize_t len = names ? vfs_listxattr(n->file->f_path.dentry, names, XATTR_LIST_MAX) : 0, i;

	for (i = 0; i < len; i += strlen(names + i) + 1)
		if (strncmp(names + i, "security.", 9))
			snap_lost(s, snap_obj(s, "inodes", n->id), "extended attribute %s of %s", names + i, what);
	snap_tried(s, names ? 0 : -ENOMEM);
	kfree(names);
}

void lost_flags(struct snap *s, const struct cinode *n, const struct inode *inode, const char *what)
{
	if (IS_IMMUTABLE(inode))
		snap_lost(s, snap_obj(s, "inodes", n->id), "that %s is immutable (chattr +i)", what);
	if (IS_APPEND(inode))
		snap_lost(s, snap_obj(s, "inodes", n->id), "that %s is only appended to (chattr +a)", what);
}
