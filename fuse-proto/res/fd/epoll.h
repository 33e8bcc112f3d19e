/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-shot items of an epoll, for the rooms of what they watch. */
#ifndef CRFS_FD_EPOLL_H
#define CRFS_FD_EPOLL_H

#include "image.h"

/**
 * epoll_fire() - in ->make of a room that `fires`: let one-shot items on @o, that have fired, do so again
 * @fd: has something to say now, whatever that is
 *
 * Does nothing where there is no such item (@o->fired).
 * Return: 0 or a negative errno with the reason noted
 */
int epoll_fire(struct restore *rs, struct iobj *o, int fd);

#endif
