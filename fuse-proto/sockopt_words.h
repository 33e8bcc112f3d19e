/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the options of a kind of socket lie in the kernel's memory, so that they need not be asked for one by one. */
#ifndef CRFS_SOCKOPT_WORDS_H
#define CRFS_SOCKOPT_WORDS_H

#include <stdbool.h>

#include "kmem.h"

#define WORDS_OPTIONS 256	/* at most so many options */
#define WORDS_EACH 8		/* in so many words each */
#define WORDS 1024

/**
 * struct words - of a kind of socket
 * @fresh: the first 4096 bytes of one that nobody has touched
 * @nr, @at: in which of them option i lies; 0: it is not known
 * @last, @value: what stood there when it was asked for last, and the answer; @asked: it was
 */
struct words {
	uint32_t fresh[WORDS];
	uint8_t nr[WORDS_OPTIONS];
	bool asked[WORDS_OPTIONS];
	uint16_t at[WORDS_OPTIONS][WORDS_EACH];
	uint32_t last[WORDS_OPTIONS][WORDS_EACH];
	int64_t value[WORDS_OPTIONS];
};

/** words_of() - those of the socket behind our descriptor. Return: 0 or a negative errno */
int words_of(struct kmem *k, int fd, uint32_t now[WORDS]);

/**
 * words_learn() - what changes when option @i does
 * @fd: a fresh socket to try it on; @change: set another value, false: it has not become another
 * @wide: it may be a number of 64 bits
 * Return: 0 or a negative errno
 */
int words_learn(struct kmem *k, struct words *w, unsigned int i, int fd, bool (*change)(int fd, unsigned int i),
		bool wide);

/** words_same() - has option @i, for sure, the value that a fresh socket has? */
bool words_same(const struct words *w, const uint32_t now[WORDS], unsigned int i);

/** words_known() - does it stand there as when option @i was asked for last? */
bool words_known(const struct words *w, const uint32_t now[WORDS], unsigned int i);

/** words_note() - it was asked for, and has @value */
void words_note(struct words *w, const uint32_t now[WORDS], unsigned int i, int64_t value);

#endif
