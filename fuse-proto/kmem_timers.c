// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * POSIX timers that count the CPU time of a thread: of which one.
 *
 * /proc/<pid>/timers says of one made with CLOCK_THREAD_CPUTIME_ID no more than that. The timers of a process are a
 * list (before 6.12 a ring, which ends at its head): kernel/time/posix-timers.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "kmem_pid.h"
#include "kmem_timers.h"

#define TIMERS_MAX (1 << 20)	/* a list that is changed under our eyes must end, too */

static int by_id(const void *a, const void *b)
{
	const struct kmem_timer *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int whose(struct kmem *k, uint64_t timer, struct kmem_timer *timers, size_t nr)
{
	struct kmem_timer key = { 0 }, *found;
	uint64_t pid, ns;
	int rc = kmem_get(k, timer, K_ITIMER_ID, &key.id, sizeof(key.id));

	if (rc)
		return rc;
	found = bsearch(&key, timers, nr, sizeof(key), by_id);
	if (!found)
		return 0;
	rc = kmem_get(k, timer + k->at[K_ITIMER_UNION], K_CPU_TIMER_PID, &pid, sizeof(pid));
	return rc ? rc : kmem_pid_number(k, pid, 0, &found->tid, &ns);
}

int kmem_timers_whose(struct kmem *k, uint64_t task, struct kmem_timer *timers, size_t nr)
{
	uint64_t signal, head, at;
	int n, rc;

	if (k->at[K_SIGNAL_TIMERS] < 0 || k->at[K_ITIMER_LIST] < 0 || k->at[K_ITIMER_UNION] < 0)
		return -EOPNOTSUPP;
	rc = kmem_get(k, task, K_TASK_SIGNAL, &signal, sizeof(signal));
	if (rc)
		return rc;
	head = signal + k->at[K_SIGNAL_TIMERS];
	rc = kmem_read(k, head, &at, sizeof(at));
	for (n = 0; !rc && at && at != head; n++) {
		rc = n < TIMERS_MAX ? whose(k, at - k->at[K_ITIMER_LIST], timers, nr) : -EAGAIN;
		if (!rc)
			rc = kmem_read(k, at, &at, sizeof(at));
	}
	return rc;
}
