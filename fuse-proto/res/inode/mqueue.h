/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POSIX message queues, for their descriptors and their namespace. */
#ifndef CRFS_RES_INODE_MQUEUE_CODE_H
#define CRFS_RES_INODE_MQUEUE_CODE_H

#include <crfs/res/inode/mqueue.h>

#include "resource.h"

/** mqueue_is() - is this a descriptor of a queue? */
bool mqueue_is(const struct file *f);

/** mqueue_mount() - the queues of the IPC namespace we are in, as a directory. Return: it, or -errno */
int mqueue_mount(void);

/** mqueue_inode() - inodes/<id> of the queue that @fd, open for both, is of; takes it over */
struct inode *mqueue_inode(struct snap *s, int fd);

/** mqueue_list() - all queues of the namespace we are in become inodes */
int mqueue_list(struct snap *s);

/** mqueue_open() - open inodes/<@id> with the flags of @o. Return: it, or -errno with the reason noted */
int mqueue_open(struct restore *rs, struct iobj *o, uint32_t id);

/** mqueue_put_notify() - if @rt is who shall be told, it says so again, by its descriptor rt->fd */
void mqueue_put_notify(struct rtask *rt, struct iobj *queue, struct tape *t);

#endif
