/* SPDX-License-Identifier: GPL-2.0-only */
/* POSIX message queues, for their descriptors and their namespace. */
#ifndef CRFS_MQUEUE_H
#define CRFS_MQUEUE_H

struct ipc_namespace;

/* mqueue_inode() - inodes/<id> of the queue that @file is of; takes a reference */
struct cinode *mqueue_inode(struct snap *s, struct file *file);

/* mqueue_list() - all queues of @ns become inodes. Return: 0 or a negative errno */
int mqueue_list(struct snap *s, struct ipc_namespace *ns);

/* mqueue_ns() - in which namespace is the queue that @file is of? Return: is a task in that? */
bool mqueue_ns(const struct snap *s, const struct file *file, u32 *id);

#endif
