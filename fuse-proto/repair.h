/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repair mode (TCP_REPAIR) on a living socket, with a guard that ends it if we die. */
#ifndef CRFS_REPAIR_H
#define CRFS_REPAIR_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/**
 * struct repair - the guard: a child that knows which socket is in repair mode
 * @fd: our end of the wire to it; -1: there is none
 * @pid: it
 */
struct repair {
	int fd;
	pid_t pid;
};

/**
 * struct repair_was - what repair mode changes beside itself, to be put back with its end
 * @reuse: SO_REUSEADDR
 * @peek: SO_PEEK_OFF, which looking at a queue would move; -1: off
 */
struct repair_was {
	int reuse, peek;
};

/** repair_start() - fork the guard. Return: 0 or a negative errno with the reason in @e */
int repair_start(struct repair *r, struct err *e);

/** repair_stop() - end it; nothing may be in repair mode */
void repair_stop(struct repair *r);

/**
 * repair_begin() - put the container's socket @fd into repair mode; one at a time
 * Return: 0, or a negative errno, and it is as it was
 */
int repair_begin(struct repair *r, int fd, struct repair_was *was);

/** repair_end() - end that. Return: 0 or a negative errno */
int repair_end(struct repair *r, int fd, const struct repair_was *was);

/** repair_on() - of a socket of our own, which nobody else has; repair_off() - without a probe */
int repair_on(int fd);
int repair_off(int fd);

#endif
