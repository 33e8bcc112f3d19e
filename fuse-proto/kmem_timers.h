/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POSIX timers that count the CPU time of a thread: of which one. */
#ifndef CRFS_KMEM_TIMERS_H
#define CRFS_KMEM_TIMERS_H

#include <sys/types.h>

#include "kmem.h"

/** struct kmem_timer - a timer that counts CPU time */
struct kmem_timer {
	unsigned int id;
	pid_t tid;	/* whose: as we call it; 0: it has no number with us */
};

/**
 * kmem_timers_whose() - fill in whose time each of @timers counts
 * @task: a struct task_struct of the process; @timers: by id
 * Return: 0 or a negative errno
 */
int kmem_timers_whose(struct kmem *k, uint64_t task, struct kmem_timer *timers, size_t nr);

#endif
