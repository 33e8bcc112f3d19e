// SPDX-License-Identifier: GPL-2.0-or-later
/* A thread that does, one after the other, what need not be done inside a request. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "work.h"

struct job {
	struct job *next;
	void (*fn)(void *a, void *b);
	void *a, *b;
};

void work_init(struct work *w)
{
	*w = (struct work){ .end = &w->first };
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	pthread_cond_init(&w->idle, NULL);
}

static void *loop(void *arg)
{
	struct work *w = arg;
	struct job *j;

	w->tid = gettid();
	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->first && !w->stop)
			pthread_cond_wait(&w->more, &w->lock);
		j = w->first;
		if (!j)
			break;
		w->first = j->next;
		if (!w->first)
			w->end = &w->first;
		pthread_mutex_unlock(&w->lock);
		j->fn(j->a, j->b);
		free(j);
		pthread_mutex_lock(&w->lock);
		if (!--w->jobs)
			pthread_cond_broadcast(&w->idle);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Signals are the main thread's. */
int work_start(struct work *w)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, NULL, loop, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->started = !r;
	return -r;
}

bool work_add(struct work *w, void (*fn)(void *a, void *b), void *a, void *b)
{
	struct job *j = malloc(sizeof(*j));

	if (!j)
		return false;
	*j = (struct job){ .fn = fn, .a = a, .b = b };
	pthread_mutex_lock(&w->lock);
	*w->end = j;
	w->end = &j->next;
	w->jobs++;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	return true;
}

void work_wait(struct work *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->jobs)
		pthread_cond_wait(&w->idle, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

void work_stop(struct work *w)
{
	if (!w->started)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->started = false;
}
