// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The threads that serve requests.
 *
 * One of them leads: it receives requests and serves them itself, since most are done in less time
 * than waking another thread takes. It steps aside, and another one leads, before anything that
 * takes long: the content of an extent, a large write. Before one that may block (a restore,
 * the taking of a view, or the wait for one) another thread is started in its place as well.
 *
 * A tool asks for the next thing some microseconds after it has got the last, so the leader looks
 * for that a few times before it sleeps: a sleeping thread, on a sleeping processor, takes longer to
 * wake than the request takes to serve. And while requests come one after the other it stays near the
 * one who makes them (fuse_near.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuse.h"
#include "fuse_near.h"

#define SPIN_NS 50000	/* a request comes within that, or not soon */

/** struct worker - a thread of the loop; @leads: it is the one that receives */
struct worker {
	struct worker *next;
	struct loop *loop;
	pthread_t thread;
	bool leads, done;
};

/**
 * struct loop - the threads
 * @running: that are not blocked
 * @wanted: that should be
 * @all: every one that was started and not yet joined
 * @lead: 1 when nobody leads
 * @end: posted when the session ends, or there is something to watch
 */
struct loop {
	struct crfs *c;
	pthread_mutex_t lock;
	int running, wanted;
	struct worker *all;
	sem_t lead, end;
	struct near near;
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

/* The next request. May be cancelled. */
static int receive(struct loop *l, struct fuse_session *se, struct fuse_buf *buf)
{
	struct pollfd p = { .fd = fuse_session_fd(se), .events = POLLIN };
	int64_t until = near_now() + SPIN_NS;
	unsigned int vain = 0;
	int n;

	for (;;) {
		n = fuse_session_receive_buf(se, buf);
		if (n != -EAGAIN || fuse_session_exited(se))
			break;
		if (near_now() < until) {
			sched_yield();
			vain++;
			continue;
		}
		if (!poll(&p, 1, near_patience(&l->near)))
			near_leave(&l->near);
	}
	if (n > 0)
		near_request(&l->near, buf, vain);
	return n;
}

static void step_aside(struct worker *w)
{
	if (!w->leads)
		return;
	near_leave(&w->loop->near);
	w->leads = false;
	sem_post(&w->loop->lead);
}

void loop_aside(struct crfs *c)
{
	struct perthread *t = io_thread(c);

	if (t && t->worker)
		step_aside(t->worker);
}

static void lead(struct worker *w)
{
	if (w->leads)
		return;
	while (sem_wait(&w->loop->lead) < 0)
		;
	w->leads = true;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct loop *l = w->loop;
	struct fuse_session *se = l->c->se;
	struct perthread *t = io_thread(l->c);
	struct fuse_buf buf = { .mem = NULL };
	int n = 1;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	if (t)
		t->worker = w;
	while (!fuse_session_exited(se)) {
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
		lead(w);
		n = receive(l, se, &buf);
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
		if (n == -EINTR || n == -EAGAIN)
			continue;
		if (n <= 0)
			break;
		fuse_session_process_buf(se, &buf);
		if (w->leads)
			near_reply(&l->near);
		if (is_surplus(l, w))
			break;
	}
	step_aside(w);
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

	if (blocked)
		loop_aside(l->c);
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

/* A signal handler of libfuse's ends the session and interrupts the wait. */
static void wait_end(struct loop *l)
{
	struct timespec until;

	while (!fuse_session_exited(l->c->se)) {
		if (!near_watch(&l->near)) {
			sem_wait(&l->end);
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += NEAR_WATCH_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		sem_clockwait(&l->end, CLOCK_MONOTONIC, &until);
	}
}

int loop_run(struct crfs *c)
{
	struct loop l = { .c = c };
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int i, r = 0;

	pthread_mutex_init(&l.lock, NULL);
	sem_init(&l.end, 0, 0);
	sem_init(&l.lead, 0, 1);
	near_init(&l.near, fuse_session_fd(c->se), &l.end);
	l.near.others[0] = &c->m.work.tid;
	l.near.others[1] = &c->m.stage.tid;
	fcntl(fuse_session_fd(c->se), F_SETFL, O_NONBLOCK);
	l.wanted = cores < 2 ? 2 : cores > 4 ? 4 : cores;
	c->m.block = loop_block;
	c->m.block_arg = &l;
	pthread_mutex_lock(&l.lock);
	for (i = 0; i < l.wanted && !r; i++)
		r = start_one(&l);
	pthread_mutex_unlock(&l.lock);
	if (!r)
		wait_end(&l);
	fuse_session_exit(c->se);
	stop_all(&l);
	c->m.block = NULL;
	sem_destroy(&l.lead);
	sem_destroy(&l.end);
	return r;
}
