/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread that does, one after the other, what need not be done inside a request. */
#ifndef CRFS_WORK_H
#define CRFS_WORK_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

struct job;

/** struct work - the thread, @tid once it runs, and its queue; @jobs counts what is queued or running */
struct work {
	pthread_mutex_t lock;
	pthread_cond_t more, idle;
	struct job *first, **end;
	unsigned int jobs;
	bool stop, started;
	pthread_t thread;
	_Atomic pid_t tid;
};

void work_init(struct work *w);
int work_start(struct work *w);

/** work_add() - have @fn(@a, @b) called; false if there is no memory, then it is not */
bool work_add(struct work *w, void (*fn)(void *a, void *b), void *a, void *b);

/** work_wait() - until all that was added is done */
void work_wait(struct work *w);

/** work_stop() - do what is queued and end the thread */
void work_stop(struct work *w);

#endif
