/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pipes and FIFOs, for the rooms of their ends. */
#ifndef CRFS_INODE_PIPE_H
#define CRFS_INODE_PIPE_H

#include "fdroom.h"

/** pipe_inode() - the inode of the pipe or FIFO that @f is open on. Return: NULL: reason is noted
 */
struct inode *pipe_inode(struct snap *s, struct file *f);

/** pipe_open() - make the description @o, an end of inodes/<@id>. Return: a descriptor or -errno */
int pipe_open(struct restore *rs, struct iobj *o, uint32_t id);

/** pipe_fire() - epoll_fire() of @fd, the description @o of an end of inodes/<@id>. Return: as that does */
int pipe_fire(struct restore *rs, struct iobj *o, uint32_t id, int fd);

#endif
