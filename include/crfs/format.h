/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The format's version and its history, the names in the tree, and limits. */
#ifndef CRFS_FORMAT_H
#define CRFS_FORMAT_H

/*
 * History of the format:
 *   1  the first
 */
#define CRFS_FORMAT 1
#define CRFS_VERSION "0.1"

#define CRFS_HEADER "header"
#define CRFS_UNSUPPORTED "unsupported"
#define CRFS_TASKS "tasks"
#define CRFS_MMS "mms"
#define CRFS_FILES "files"
#define CRFS_INODES "inodes"
#define CRFS_NS "ns"
#define CRFS_MANIFEST "manifest"

#endif
