/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams that are not complete yet (UDP_CORK, MSG_MORE), as inodes, for the room of UDP. */
#ifndef CRFS_INODE_CORKED_ROOM_H
#define CRFS_INODE_CORKED_ROOM_H

#include <crfs/res/inode/corked.h>

#include "image.h"
#include "snap.h"

#define CORKED CRFS_CORKED

/** corked_can() - does @f hold one that can be carried? From the kernel's memory. */
bool corked_can(struct snap *s, const struct file *f);

/** corked_show() - a row for it, if there is one. Return: 0 or a negative errno */
int corked_show(struct snap *s, const struct file *f, struct text *out);

/** corked_put() - begin it again, on @fd, which is bound and connected to nobody. Return: 0 or a negative errno */
int corked_put(struct restore *rs, struct iobj *o, int64_t id, int fd);

#endif
