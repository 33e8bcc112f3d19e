/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Somebody who looks at a mount namespace from its root, where all tasks in it have changed theirs. */
#ifndef CRFS_SCOUT_H
#define CRFS_SCOUT_H

#include "snap.h"

/**
 * scout() - a process of ours at the root of ns/mnt-<@ns>, until scouts_end()
 * Return: its task, good for /proc only; NULL: it cannot go there
 */
struct task *scout(struct snap *s, unsigned int ns);

/** scouts_end() - they have seen enough */
void scouts_end(struct snap *s);

#endif
