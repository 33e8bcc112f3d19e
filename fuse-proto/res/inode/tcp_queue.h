/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queues of a TCP socket, for its room. */
#ifndef CRFS_INODE_TCP_QUEUE_H
#define CRFS_INODE_TCP_QUEUE_H

#include "fdroom.h"

/** tcp_queue_inode() - an inode for what @f holds; takes over both, which are malloc'ed. NULL: no memory
 */
struct inode *tcp_queue_inode(struct snap *s, struct file *f, char *recv, size_t nrecv, char *send,
			      size_t nsend);

/** tcp_queue_inode_at() - the same of a socket without descriptor, which lies at @sk */
struct inode *tcp_queue_inode_at(struct snap *s, uint64_t sk, char *recv, size_t nrecv);

/** tcp_queue_node() - the payload "recv" or "send" of inodes/<id>, or NULL if it is empty */
struct node *tcp_queue_node(const struct iobj *queue, const char *name);

#endif
