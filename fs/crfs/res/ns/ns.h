/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the rooms of namespaces. */
#ifndef CRFS_NS_H
#define CRFS_NS_H

/*
 * ns_by_inum() - the number of the pid namespace @inum in the tree; 0: the mounter's, or
 * outside
 */
u32 ns_by_inum(struct snap *s, u32 inum);

/* ns_known() - is namespace @inum the mounter's (then *@id is 0), or one that a task is in? */
bool ns_known(struct snap *s, struct crfs_str kind, u64 inum, u32 *id);

#endif
