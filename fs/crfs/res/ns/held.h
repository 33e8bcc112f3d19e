/* SPDX-License-Identifier: GPL-2.0-only */
/* Namespaces that no task of the container is in, but that something of it holds. */
#ifndef CRFS_NS_HELD_H
#define CRFS_NS_HELD_H

#include "internal.h"

struct ns_common;

/**
 * struct held - one that was met while a generation was taken
 * @c: with a reference until then
 * @outside: a process outside has it, too, so that it is refused: thousands of sockets may be in it
 */
struct held {
	int kind;
	struct ns_common *c;
	bool outside;
	struct held *next;
};

/**
 * held_meet() - something of the container holds the namespace @c, of which ns_emit() did not know
 * @s: the snapshot, which is taken once more then, so that it is known from the beginning
 * @kind: NS_*
 * @c: which is there as long as that
 *
 * Return: false if it is not the container's alone, or of a kind that cannot be carried so
 */
bool held_meet(struct snap *s, int kind, struct ns_common *c);

/* held_put() - the generation was taken */
void held_put(struct held *first);

#endif
