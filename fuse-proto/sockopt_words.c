// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the options of a kind of socket lie in the kernel's memory.
 *
 * A TCP socket has a hundred options, and nearly all of ten thousand sockets have those that they were born with. So
 * the kernel's memory is looked at, once for each socket, and only an option that may be another is asked for. Where
 * an option lies is found out by setting it on a socket of our own and seeing what changes: in whole words of 32
 * bits (64 for those that may be so long), so that no part of a number is missed that this value does not show. One for
 * which nothing changes is always asked for. What changes at the same time by chance (what is read ends behind the
 * socket, where others have theirs) does not do so in two sockets. What lies beside it in a word only makes it be
 * asked more often: a connection has words like other connections, and not like a new socket, so the
 * answer is also known where they are as they were when it was asked for before. What shares its word with something
 * that every socket has its own of (a port, a rate) is looked up by its name in the kernel's types instead.
 */
#include <string.h>

#include "sockopt_words.h"

int words_of(struct kmem *k, int fd, uint32_t now[WORDS])
{
	uint64_t sk;

	return kmem_socket_read(k, fd, &sk, now, WORDS * sizeof(*now));
}

/* Which words of @fd change with option @i. Return: whether it could be changed, or a negative errno */
static int changes(struct kmem *k, unsigned int i, int fd, bool (*change)(int fd, unsigned int i), bool wide,
		   bool seen[WORDS])
{
	uint32_t before[WORDS], after[WORDS];
	unsigned int at;
	int rc = words_of(k, fd, before);

	if (rc || !change(fd, i))
		return rc;
	rc = words_of(k, fd, after);
	for (at = 0; at < WORDS && !rc; at++)
		seen[at] = before[at] != after[at] || (wide && before[at ^ 1] != after[at ^ 1]);
	return rc ? rc : 1;
}

int words_learn(struct kmem *k, struct words *w, unsigned int i, const int fd[2],
		bool (*change)(int fd, unsigned int i), bool wide)
{
	bool one[WORDS], other[WORDS];
	unsigned int n = 0, at;
	int rc = changes(k, i, fd[0], change, wide, one);

	if (rc > 0)
		rc = changes(k, i, fd[1], change, wide, other);
	for (at = 0; at < WORDS && rc > 0; at++) {
		if (!one[at] || !other[at])
			continue;
		if (n == WORDS_EACH)
			return 0;
		w->mask[i][n] = ~0U;
		w->at[i][n++] = at;
	}
	w->nr[i] = n;
	return rc < 0 ? rc : 0;
}

void words_member(struct words *w, unsigned int i, size_t offset, size_t len)
{
	uint8_t bits[WORDS_EACH * sizeof(w->fresh[0])] = { 0 };
	size_t skip = offset % sizeof(w->fresh[0]), n = (skip + len + sizeof(w->fresh[0]) - 1) / sizeof(w->fresh[0]);
	size_t first = offset / sizeof(w->fresh[0]), k;

	if (n > WORDS_EACH || first + n > WORDS)
		return;
	memset(bits + skip, 0xff, len);
	memcpy(w->mask[i], bits, sizeof(bits));
	for (k = 0; k < n; k++)
		w->at[i][k] = first + k;
	w->nr[i] = n;
}

bool words_same(const struct words *w, const uint32_t now[WORDS], unsigned int i)
{
	unsigned int n;

	for (n = 0; n < w->nr[i]; n++)
		if ((now[w->at[i][n]] ^ w->fresh[w->at[i][n]]) & w->mask[i][n])
			return false;
	return w->nr[i];
}

static bool as_before(const struct words *w, const uint32_t now[WORDS], unsigned int i, unsigned int turn)
{
	unsigned int n;

	for (n = 0; n < w->nr[i]; n++)
		if ((now[w->at[i][n]] ^ w->last[i][turn][n]) & w->mask[i][n])
			return false;
	return w->nr[i];
}

const int64_t *words_known(const struct words *w, const uint32_t now[WORDS], unsigned int i)
{
	unsigned int turn;

	for (turn = 0; turn < WORDS_LAST && turn < w->asked[i]; turn++)
		if (as_before(w, now, i, turn))
			return &w->value[i][turn];
	return NULL;
}

void words_note(struct words *w, const uint32_t now[WORDS], unsigned int i, int64_t value)
{
	unsigned int n, turn = w->asked[i]++ % WORDS_LAST;

	for (n = 0; n < w->nr[i]; n++)
		w->last[i][turn][n] = now[w->at[i][n]];
	w->value[i][turn] = value;
}
