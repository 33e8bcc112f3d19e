// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The threads that serve requests.
 *
 * libfuse's own loop keeps as many threads as were ever needed at once, and the kernel wakes them
 * in turn: with ten of them a small file costs three times the processor time it costs with two.
 * So there are few, and a request that will block for long (a restore, the taking of a view, or
 * the wait for one) has another thread started in its place for as long as it lasts.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuse.h"

/** struct worker - a thread of the loop */
struct worker {
	struct worker *next;
	struct loop *loop;
	pthread_t thread;
	bool done;
};

/**
 * struct loop - the threads
 * @running: that are not blocked
 * @wanted: that should be
 * @all: every one that was started and not yet joined
 * @end: posted when the session ends
 */
struct loop {
	struct crfs *c;
	pthread_mutex_t lock;
	int running, wanted;
	struct worker *all;
	sem_t end;
};

static void *work(void *arg);

/* With the lock held. */
static int start_one(struct loop *l)
{
	struct worker *w = calloc(1, sizeof(*w));
	sigset_t all, old;
	int r;

	if (!w)
		return -ENOMEM;
	w->loop = l;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r) {
		free(w);
		return -r;
	}
	w->next = l->all;
	l->all = w;
	l->running++;
	return 0;
}

/* One more than enough, since a blocked one has come back? Then this one ends. */
static bool is_surplus(struct loop *l, struct worker *w)
{
	bool surplus;

	pthread_mutex_lock(&l->lock);
	surplus = l->running > l->wanted;
	l->running -= surplus;
	w->done = surplus;
	pthread_mutex_unlock(&l->lock);
	return surplus;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct loop *l = w->loop;
	struct fuse_session *se = l->c->se;
	struct fuse_buf buf = { .mem = NULL };
	int n = 1;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	while (!fuse_session_exited(se)) {
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
		n = fuse_session_receive_buf(se, &buf);
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
		if (n == -EINTR || n == -EAGAIN)
			continue;
		if (n <= 0)
			break;
		fuse_session_process_buf(se, &buf);
		if (is_surplus(l, w))
			break;
	}
	free(buf.mem);
	if (!w->done) {		/* unmounted, or told to end */
		fuse_session_exit(se);
		sem_post(&l->end);
	}
	return NULL;
}

/* Joins those that were surplus. With the lock held. */
static void reap(struct loop *l)
{
	struct worker **p = &l->all, *w;

	while ((w = *p)) {
		if (!w->done) {
			p = &w->next;
			continue;
		}
		*p = w->next;
		pthread_join(w->thread, NULL);
		free(w);
	}
}

static void loop_block(void *arg, bool blocked)
{
	struct loop *l = arg;

	pthread_mutex_lock(&l->lock);
	l->running += blocked ? -1 : 1;
	if (blocked && l->running < l->wanted) {
		reap(l);
		start_one(l);
	}
	pthread_mutex_unlock(&l->lock);
}

static void stop_all(struct loop *l)
{
	struct worker *w;

	pthread_mutex_lock(&l->lock);
	l->wanted = 0;		/* nobody starts another one */
	for (w = l->all; w; w = w->next)
		pthread_cancel(w->thread);
	pthread_mutex_unlock(&l->lock);
	while ((w = l->all)) {
		pthread_join(w->thread, NULL);
		l->all = w->next;
		free(w);
	}
}

int loop_run(struct crfs *c)
{
	struct loop l = { .c = c };
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int i, r = 0;

	pthread_mutex_init(&l.lock, NULL);
	sem_init(&l.end, 0, 0);
	l.wanted = cores < 2 ? 2 : cores > 4 ? 4 : cores;
	c->m.block = loop_block;
	c->m.block_arg = &l;
	pthread_mutex_lock(&l.lock);
	for (i = 0; i < l.wanted && !r; i++)
		r = start_one(&l);
	pthread_mutex_unlock(&l.lock);
	/* a signal handler of libfuse's ends the session and interrupts the wait */
	while (!r && !fuse_session_exited(c->se))
		sem_wait(&l.end);
	fuse_session_exit(c->se);
	stop_all(&l);
	c->m.block = NULL;
	sem_destroy(&l.end);
	return r;
}
