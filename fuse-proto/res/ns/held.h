/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces that no task of the container is in, but that something of it holds. */
#ifndef CRFS_NS_HELD_H
#define CRFS_NS_HELD_H

#include "ns.h"

/**
 * struct held - one that was met while the container was read
 * @fd: by which it can be entered, and which holds it
 * @outside: a process outside has it, too, so that it is refused: thousands of sockets may be in it
 */
struct held {
	const char *kind;
	ino_t ino;
	int fd;
	bool outside;
	struct held *next;
};

/**
 * held_meet() - something of the container holds the namespace @fd, of which ns_emit() did not know
 * All is read once more then (view.c), so that it is known from the beginning.
 * Return: false if it is not the container's alone, or of a kind that cannot be carried so
 */
bool held_meet(struct snap *s, const char *kind, ino_t ino, int fd);

/** held_free() - when the container has been read */
void held_free(struct held *first);

#endif
