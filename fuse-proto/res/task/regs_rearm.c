// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Restart blocks: of calls that were interrupted with -ERESTART_RESTARTBLOCK, and that only the kernel can continue.
 *
 * A new task has none. So the call is made again, under our eyes and with a signal pending: it gets its block and
 * comes back at once with the same code, and the registers can be set as they were. A relative timeout continues
 * with the time that remained: that of nanosleep(2) and clock_nanosleep(2) whose caller asked for it stands where the
 * kernel told him when it was interrupted, all others in task/wait, if it could be read; else it starts over. That is
 * all that the kernel has restart blocks for.
 *
 * The call must wait, or it gets no block. What it waits for may have come while the container was frozen: the
 * block remembers none of that, so it is made in front of a futex that has the awaited value for that long, of
 * descriptors that say nothing, and of a time that is a moment away. When it goes on it finds all as it is.
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include <crfs/res/task/regs.h>
#include <crfs/res/task/wait.h>

#include "memory.h"
#include "park.h"
#include "regs.h"
#include "resource.h"
#include "rooms.h"

#define ERESTART_RESTARTBLOCK 516
#define MOMENT 20000000		/* ns: what is over before the call could be interrupted gets no restart block */
#define SECOND 1000000000
#define POLL_MAX (1 << 20)	/* descriptors; no limit on open files is above it */

/*
 * Sleep for the time that remained, if the kernel has told it. @spare: memory of the arena
 * Return: where it was told, or 0
 */
static uint64_t remaining(pid_t pid, long nr, struct user_regs_struct *r, uint64_t spare)
{
	uint64_t at = nr == SYS_nanosleep ? r->rsi : nr == SYS_clock_nanosleep ? r->r10 : 0;

	if (!at || !task_peek(pid, at, (void *)spare, sizeof(struct timespec)))
		return 0;
	if (nr == SYS_nanosleep)
		r->rdi = spare;
	else
		r->rdx = spare;
	return at;
}

static void at_least_a_moment(struct timespec *ts)
{
	if (!ts->tv_sec && ts->tv_nsec < MOMENT)
		ts->tv_nsec = MOMENT;
}

/* Wait for what task/wait says, with the arguments of the call as they are else. */
static void wait_for(struct user_regs_struct *r, long nr, const struct crfs_wait *w, uint64_t spare)
{
	struct timespec *ts = (void *)spare;

	if (nr == SYS_poll) {
		r->rdx = (w->left_ns < MOMENT ? MOMENT : w->left_ns) / 1000000 + 1;
		return;
	}
	*ts = (struct timespec){ w->left_ns / SECOND, w->left_ns % SECOND };
	at_least_a_moment(ts);
	if (nr == SYS_nanosleep)
		r->rdi = spare;
	else if (nr == SYS_clock_nanosleep)
		r->rdx = spare;
	else
		r->r10 = spare;
}

/** struct kept - what the memory of the task has where it says for a moment that there is nothing but to wait */
struct kept {
	uint64_t at;
	size_t len;
	void *bytes;
};

/* poll(2) looks at no descriptor that is negative. It would also say what it has found, and nobody is to hear it. */
static void hide_polled(pid_t pid, const struct kept *k)
{
	struct pollfd *fds = malloc(k->len);
	size_t i;

	if (!fds)
		return;
	memcpy(fds, k->bytes, k->len);
	for (i = 0; i < k->len / sizeof(*fds); i++)
		fds[i].fd = -1;
	task_poke(pid, k->at, fds, k->len);
	free(fds);
}

static void nothing_came(pid_t pid, long nr, const struct crfs_regs *c, struct kept *k)
{
	uint32_t word = c->rdx;

	*k = (struct kept){ .at = c->rdi };
	if (nr == SYS_poll && c->rsi <= POLL_MAX)
		k->len = c->rsi * sizeof(struct pollfd);
	else if (nr == SYS_futex)
		k->len = sizeof(word);
	if (!k->len)
		return;
	k->bytes = malloc(k->len);
	if (!k->bytes || !task_peek(pid, k->at, k->bytes, k->len)) {
		free(k->bytes);
		k->bytes = NULL;
	} else if (nr == SYS_poll) {
		hide_polled(pid, k);
	} else if (memcmp(k->bytes, &word, sizeof(word))) {
		task_poke(pid, k->at, &word, sizeof(word));
	} else {
		free(k->bytes);	/* it is as awaited, and need not be written to */
		k->bytes = NULL;
	}
}

static void came(pid_t pid, struct kept *k)
{
	if (k->bytes)
		task_poke(pid, k->at, k->bytes, k->len);
	free(k->bytes);
}

/*
 * What futex(2) waits for with FUTEX_WAIT_BITSET is a moment by one of two clocks, and it was there: another, which the
 * task itself tells, as it may be in a time namespace. @r: the call's own, again
 */
static int soon(pid_t pid, uint64_t code, struct user_regs_struct *r, uint64_t spare)
{
	struct user_regs_struct ask = *r;
	struct timespec *ts = (void *)spare;
	int rc;

	ask.rax = SYS_clock_gettime;
	ask.rdi = r->rsi & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	ask.rsi = spare;
	rc = park_call(pid, code, &ask);
	if (rc || ask.rax)
		return rc ?: (int)ask.rax;
	ts->tv_nsec += MOMENT;
	ts->tv_sec += ts->tv_nsec / SECOND;
	ts->tv_nsec %= SECOND;
	r->r10 = spare;
	return park_call(pid, code, r);
}

int regs_rearm(struct rtask *rt, uint64_t code, uint64_t spare)
{
	const struct crfs_regs *c = regs_of(rt->o);
	const struct crfs_wait *w;
	struct user_regs_struct r, again;
	struct timespec told;
	struct kept kept;
	uint64_t at;
	long nr;
	int rc;

	rt->fd = -1;	/* from now on: the call to be made again plainly, see regs_set() */
	if (!c || c->rax != (__u64)-ERESTART_RESTARTBLOCK || (__s64)c->orig_rax < 0)
		return 0;
	nr = regs_call(rt->pid, c);
	if (nr < 0)
		return -EOPNOTSUPP;
	regs_to_user(c, &r);
	w = image_rec(rt->o, &res_task_wait, 0);
	at = remaining(rt->pid, nr, &r, spare);
	if (at) {
		told = *(struct timespec *)spare;
		at_least_a_moment((void *)spare);
	} else if (w) {
		wait_for(&r, nr, w, spare);
	}
	r.rax = nr;
	nothing_came(rt->pid, nr, c, &kept);
	again = r;
	rc = park_call(rt->pid, code, &r);
	if (!rc && nr == SYS_futex && r.rax == (unsigned long long)-ETIMEDOUT) {
		r = again;
		rc = soon(rt->pid, code, &r, spare);
	}
	came(rt->pid, &kept);
	/* The kernel has stored there once more what remains: a moment less. */
	if (at)
		task_poke(rt->pid, at, &told, sizeof(told));
	/* There is nothing to wait for, still: the plain call will find that out again. */
	if (!rc && r.rax != (unsigned long long)-ERESTART_RESTARTBLOCK)
		rt->fd = nr;
	return rc;
}
