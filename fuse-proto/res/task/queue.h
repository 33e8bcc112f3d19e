/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queued signals, a thread's own and a process's: read, written as rows, sent again. */
#ifndef CRFS_TASK_QUEUE_H
#define CRFS_TASK_QUEUE_H

#include <signal.h>

#include <crfs/res/task/signals.h>

#include "resource.h"

/**
 * struct queue - what was queued when the task was asked
 * @pending: signals in it, bit n - 1 is signal n
 * @info: @nr of them, by signal, those of one signal in the order they are delivered
 */
struct queue {
	uint64_t pending;
	size_t nr;
	siginfo_t *info;
};

/** queue_ask() - look into @t's queue, private or of the process, and note it */
void queue_ask(struct snap *s, struct task *t, bool shared);

/** queue_of() - what queue_ask() noted, or NULL */
const struct queue *queue_of(const struct task *t, bool shared);

/**
 * queue_timers() - the POSIX timers whose signals are in @t's queue now, sorted, as a malloc'ed array
 * Return: how many, 0 without an array, or -errno
 */
long queue_timers(const struct task *t, bool shared, int **ids);

/**
 * queue_emit() - rows of @t's queue; signals of timers are left to the timers
 * Return: how many rows
 */
size_t queue_emit(struct snap *s, struct task *t, bool shared, struct text *out);

void queue_check(struct image *im, struct iobj *o, const struct resource *room, int section);

/** queue_put() - send them again, from the task to itself; all signals are blocked then */
void queue_put(struct rtask *rt, const struct resource *room, int section, struct tape *tape);

/** pid_within() - the pid of @o as it stands in the innermost of its pid namespaces */
pid_t pid_within(const struct iobj *o);

#endif
