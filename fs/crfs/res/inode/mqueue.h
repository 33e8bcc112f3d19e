/* SPDX-License-Identifier: GPL-2.0-only */
/* POSIX message queues, for their descriptors and their namespace. */
#ifndef CRFS_MQUEUE_H
#define CRFS_MQUEUE_H

struct ipc_namespace;

/* mqueue_inode() - inodes/<id> of the queue that @file is of; takes a reference */
struct cinode *mqueue_inode(struct snap *s, struct file *file);

/* mqueue_list() - all queues of @ns become inodes; mqueue_count() - how many there are, or a negative errno */
int mqueue_list(struct snap *s, struct ipc_namespace *ns);
int mqueue_count(struct snap *s, struct ipc_namespace *ns);

#endif
