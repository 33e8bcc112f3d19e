/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that wait to be accepted: what the room of listeners has in two other files. */
#ifndef CRFS_FD_LISTENER_H
#define CRFS_FD_LISTENER_H

#include <crfs/res/fd/listener.h>

#include "image.h"
#include "snap.h"
#include "text.h"

/* The sections of a listener's file */
enum { LISTENER_OPTIONS = 1, LISTENER_WAITING };

/** listener_queue_read() - write the section of the @n that wait (listener_queue.c) */
int listener_queue_read(struct snap *s, const struct file *f, const struct crfs_fd_listener *r, uint32_t n,
			struct text *out);

/**
 * listener_may_wait() - can this kernel let one wait again?
 * What follows upon a connection in TIME_WAIT goes on from its numbers since Linux 6.10; tcp_v4_fill_cb() forgot them before.
 */
bool listener_may_wait(void);

/** listener_queue_check() - ->check of that section (listener_fill.c) */
void listener_queue_check(struct image *im, struct iobj *o, const struct crfs_fd_listener *r);

/** listener_fill() - they wait again. While ends in the tree are silent; done once (listener_fill.c) */
int listener_fill(struct restore *rs);

#endif
