// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many descriptors of one task, asked for by two: five calls into the kernel for each are a third of the time that it
 * takes to look at 10,000 sockets, and who puts the answers in order need not make all of them.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "files_ask.h"

#define LEAST 1000	/* descriptors: for fewer it is not worth a thread */

/**
 * struct ahead - the thread
 * @fds, @told: what it asks for, @n of them; @at: of which the next one is wanted
 */
struct ahead {
	pthread_t thread;
	bool joined;
	struct asking q;
	const int *fds;
	struct told *told;
	size_t n, at;
};

static int keep(struct told *t, const struct asking *q)
{
	const size_t info = strlen(q->info) + 1, link = strlen(q->link) + 1;

	t->st = q->st;
	t->info = malloc(info + link);
	if (!t->info)
		return -ENOMEM;
	t->link = memcpy(t->info, q->info, info) + info;
	memcpy(t->link, q->link, link);
	return 0;
}

static void *ask_all(void *arg)
{
	struct ahead *a = arg;
	size_t i;

	for (i = 0; i < a->n; i++)
		a->told[i].rc = ask_fd(&a->q, a->fds[i]) ?: keep(&a->told[i], &a->q);
	return NULL;
}

/* Who puts in order asks as well, but for less. */
struct ahead *ahead_begin(const struct asking *q, const int *fds, size_t n)
{
	const size_t first = 2 * n / 5;
	struct ahead *a = n < LEAST ? NULL : calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->fds = fds + first;
	a->n = n - first;
	a->told = calloc(a->n, sizeof(*a->told));
	a->joined = true;
	if (a->told && !asking_begin(&a->q)) {
		a->q.fds = q->fds;
		a->q.infos = q->infos;
		a->joined = pthread_create(&a->thread, NULL, ask_all, a);
	}
	if (!a->joined)
		return a;
	ahead_end(a);
	return NULL;
}

static void join(struct ahead *a)
{
	if (!a->joined)
		pthread_join(a->thread, NULL);
	a->joined = true;
}

const struct told *ahead_told(struct ahead *a, int fd)
{
	if (a->at == a->n || a->fds[a->at] != fd)
		return NULL;
	join(a);
	return &a->told[a->at++];
}

void ahead_end(struct ahead *a)
{
	size_t i;

	if (!a)
		return;
	join(a);
	for (i = 0; a->told && i < a->n; i++)
		free(a->told[i].info);
	free(a->told);
	asking_end(&a->q);
	free(a);
}
