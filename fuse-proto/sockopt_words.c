// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the options of a kind of socket lie in the kernel's memory.
 *
 * A TCP socket has a hundred options, and nearly all of ten thousand sockets have those that they were born with. So
 * the kernel's memory is looked at, once for each socket, and only an option that may be another is asked for. Where
 * an option lies is found out by setting it on a socket of our own and seeing what changes: in whole words of 32
 * bits (64 for those that may be so long), so that no part of a number is missed that this value does not show. One for
 * which nothing changes is always asked for. What lies beside it in a word, or changes at the same time by chance, only
 * makes it be asked more often: a connection has words like other connections, and not like a new socket, so the
 * answer is also known where they are as they were when it was asked for last.
 */
#include <string.h>

#include "sockopt_words.h"

int words_of(struct kmem *k, int fd, uint32_t now[WORDS])
{
	uint64_t sk;

	return kmem_socket_read(k, fd, &sk, now, WORDS * sizeof(*now));
}

int words_learn(struct kmem *k, struct words *w, unsigned int i, int fd, bool (*change)(int fd, unsigned int i),
		bool wide)
{
	uint32_t before[WORDS], after[WORDS];
	unsigned int n = 0, at;
	int rc = words_of(k, fd, before);

	if (rc || !change(fd, i))
		return rc;
	rc = words_of(k, fd, after);
	for (at = 0; at < WORDS && !rc; at++) {
		if (before[at] == after[at] && !(wide && before[at ^ 1] != after[at ^ 1]))
			continue;
		if (n == WORDS_EACH)
			return 0;
		w->at[i][n++] = at;
	}
	w->nr[i] = n;
	return rc;
}

bool words_same(const struct words *w, const uint32_t now[WORDS], unsigned int i)
{
	unsigned int n;

	for (n = 0; n < w->nr[i]; n++)
		if (now[w->at[i][n]] != w->fresh[w->at[i][n]])
			return false;
	return w->nr[i];
}

bool words_known(const struct words *w, const uint32_t now[WORDS], unsigned int i)
{
	unsigned int n;

	for (n = 0; n < w->nr[i]; n++)
		if (now[w->at[i][n]] != w->last[i][n])
			return false;
	return w->nr[i] && w->asked[i];
}

void words_note(struct words *w, const uint32_t now[WORDS], unsigned int i, int64_t value)
{
	unsigned int n;

	for (n = 0; n < w->nr[i]; n++)
		w->last[i][n] = now[w->at[i][n]];
	w->asked[i] = true;
	w->value[i] = value;
}
