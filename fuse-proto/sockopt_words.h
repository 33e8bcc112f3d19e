/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the options of a kind of socket lie in the kernel's memory, so that they need not be asked for one by one. */
#ifndef CRFS_SOCKOPT_WORDS_H
#define CRFS_SOCKOPT_WORDS_H

#include <stdbool.h>

#include "kmem.h"

#define WORDS_OPTIONS 256	/* at most so many options */
#define WORDS_EACH 8		/* in so many words each */
#define WORDS_LAST 4		/* so many answers are kept: the two ends of a connection differ, as a rule */
#define WORDS 1024

/**
 * struct words - of a kind of socket
 * @fresh: the first 4096 bytes of one that nobody has touched
 * @nr, @at, @mask: in which of them option i lies, and in which bits; 0: it is not known
 * @last, @value: what stood there when it was asked for, and the answers; @asked: so many times it was
 */
struct words {
	uint32_t fresh[WORDS];
	uint8_t nr[WORDS_OPTIONS];
	unsigned int asked[WORDS_OPTIONS];
	uint16_t at[WORDS_OPTIONS][WORDS_EACH];
	uint32_t mask[WORDS_OPTIONS][WORDS_EACH];
	uint32_t last[WORDS_OPTIONS][WORDS_LAST][WORDS_EACH];
	int64_t value[WORDS_OPTIONS][WORDS_LAST];
};

/** words_of() - those of the socket behind our descriptor. Return: 0 or a negative errno */
int words_of(struct kmem *k, int fd, uint32_t now[WORDS]);

/**
 * words_learn() - what changes when option @i does
 * @fd: two fresh sockets to try it on; @change: set another value, false: it has not become another
 * @wide: it may be a number of 64 bits
 * Return: 0 or a negative errno
 */
int words_learn(struct kmem *k, struct words *w, unsigned int i, const int fd[2],
		bool (*change)(int fd, unsigned int i), bool wide);

/** words_member() - option @i lies in the @len bytes from @offset, and is alone there */
void words_member(struct words *w, unsigned int i, size_t offset, size_t len);

/** words_same() - has option @i, for sure, the value that a fresh socket has? */
bool words_same(const struct words *w, const uint32_t now[WORDS], unsigned int i);

/** words_known() - the answer when option @i was asked for and the same stood there, or NULL */
const int64_t *words_known(const struct words *w, const uint32_t now[WORDS], unsigned int i);

/** words_note() - it was asked for, and has @value */
void words_note(struct words *w, const uint32_t now[WORDS], unsigned int i, int64_t value);

#endif
