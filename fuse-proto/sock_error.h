/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error that a socket has not yet told, which SO_ERROR would take away: from the kernel's memory. */
#ifndef CRFS_SOCK_ERROR_H
#define CRFS_SOCK_ERROR_H

#include <stdint.h>

#include "snap.h"

/**
 * struct sock_error - what a socket has to tell
 * @err: of SO_ERROR, a positive errno; @queued: messages in its error queue (MSG_ERRQUEUE)
 * @connecting: connect(2) has begun, and nobody has heard of its end
 */
struct sock_error {
	uint32_t err, queued;
	bool connecting;
};

/** sock_error_waits() - is there an error that it has not yet told, or something in its error queue? */
bool sock_error_waits(int fd);

/** sock_error_name() - that is lost */
void sock_error_name(struct snap *s, const struct file *f);

/** sock_error_look() - Return: 0 or a negative errno: this kernel does not show it */
int sock_error_look(struct snap *s, const struct file *f, struct sock_error *e);

#endif
