/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pids that the kernel remembers: of who made a socket, or sent something. */
#ifndef CRFS_UNIX_WHO_H
#define CRFS_UNIX_WHO_H

#include "snap.h"

/**
 * unix_who() - such a pid, as the tree has it
 * @what: "the sender of a message in it"; @obj: object, for messages
 * @any: it may be a living process outside, whose number is as good here as there
 * Names a loss if it is not known what the container sees.
 * Return: the pid; 0: nobody that the container could see
 */
pid_t unix_who(struct snap *s, const char *obj, const char *what, pid_t pid, bool any);

#endif
