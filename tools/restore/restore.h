/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the helper share. */
#ifndef RESTORE_H
#define RESTORE_H

#include "engine.h"
#include "stage.h"

/* The descriptors that the kernel gives (fs/crfs/restore.c). */
#define FD_ROOT 3
#define FD_REPORT 4
#define FD_NET 5

/** load_tree() - what is staged below FD_ROOT; payloads stay where they are. Return: 0 or a negative errno */
int load_tree(struct stage *s, struct tree *t, struct err *e);

/**
 * enter() - go where process @pid is: its namespaces and its root
 * Returns in a child of ours if that is in another pid namespace; then we wait for it and exit as it does.
 */
int enter(pid_t pid, struct err *e);

/** look() - see look.c. Return: an errno, for exit(3) */
int look(int argc, char **argv);

/** vfork_settle() - see vfork.c. Return: an errno, for exit(3) */
int vfork_settle(void);

/** guard() - see guard.c. Return: an errno, for exit(3) */
int guard(int argc, char **argv);

#endif
