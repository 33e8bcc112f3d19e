/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the options of a kind of socket lie in the kernel's memory, so that they need not be asked for one by one. */
#ifndef CRFS_SOCKOPT_WORDS_H
#define CRFS_SOCKOPT_WORDS_H

#include <stdbool.h>

#include "kmem.h"

#define WORDS_OPTIONS 256	/* at most so many options */
#define WORDS_EACH 6		/* in so many words each */
#define WORDS 512

/**
 * struct words - of a kind of socket
 * @fresh: the first 4096 bytes of one that nobody has touched
 * @nr, @at: in which of them option i lies; 0: it is not known
 */
struct words {
	uint64_t fresh[WORDS];
	uint8_t nr[WORDS_OPTIONS];
	uint16_t at[WORDS_OPTIONS][WORDS_EACH];
};

/** words_of() - those of the socket behind our descriptor. Return: 0 or a negative errno */
int words_of(struct kmem *k, int fd, uint64_t now[WORDS]);

/**
 * words_learn() - what changes when option @i does
 * @fd: a fresh socket to try it on; @change: set another value, false: it has not become another
 * Return: 0 or a negative errno
 */
int words_learn(struct kmem *k, struct words *w, unsigned int i, int fd, bool (*change)(int fd, unsigned int i));

/** words_same() - has option @i, for sure, the value that a fresh socket has? */
bool words_same(const struct words *w, const uint64_t now[WORDS], unsigned int i);

#endif
