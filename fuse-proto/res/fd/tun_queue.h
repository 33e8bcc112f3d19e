/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets that a program has not read from the link whose other end it is. */
#ifndef CRFS_RES_FD_TUN_QUEUE_H
#define CRFS_RES_FD_TUN_QUEUE_H

#include <crfs/res/fd/tun.h>

#include "image.h"
#include "snap.h"

/** tun_queue_read() - their section; names those that cannot be carried. Return: 0 or a negative errno */
int tun_queue_read(struct snap *s, const struct file *f, const struct crfs_fd_tun *r, struct text *out);

/** tun_queue_check() - are these packets, and can they be sent to @o? */
void tun_queue_check(struct image *im, struct iobj *o, const struct crfs_fd_tun *r);

/** tun_queue_put() - they wait again, and no others; in the link's namespace. Return: 0 or a negative errno */
int tun_queue_put(struct restore *rs, struct iobj *o, const struct crfs_fd_tun *r);

#endif
