/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dead processes with the ids of a task, which it may look at unless something forbids it. */
#ifndef CRFS_DEAD_H
#define CRFS_DEAD_H

#include "snap.h"

/**
 * dead_for() - a zombie of ours with the real uid and gid of @t, in its innermost pid namespace
 * Who has these ids and is not confined may look at it (PTRACE_MODE_READ): that was tried.
 * Return: its pid as @t knows it; 0: of no use here (we may not become @t's user); -1: it could not be made
 */
pid_t dead_for(struct snap *s, const struct task *t);

/** dead_bury() - wait for all of them */
void dead_bury(struct snap *s);

#endif
