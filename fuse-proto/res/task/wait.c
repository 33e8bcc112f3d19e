// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How much is left of a timeout that is relative, of a call that goes on from a restart block: nanosleep(2) and
 * clock_nanosleep(2) whose caller did not ask for it, poll(2), futex(2).
 *
 * No system call tells it: it is read from the task's restart block, in the kernel's memory, before the task plays
 * a tape. Which of the calls it is of, its own arguments tell, which must be those in the registers; so one that was
 * restart_syscall(2) stands in regs as what it is. Where the kernel's memory cannot be read there is no file, and the
 * wait starts anew (task/regs, which puts it back).
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include <crfs/res/task/wait.h>

#include "kmem_pid.h"
#include "resource.h"
#include "rooms.h"

#define ERESTART_RESTARTBLOCK 516
#define SECOND 1000000000ULL

/** union block - include/linux/restart_block.h, what follows the function */
union block {
	struct {
		uint64_t uaddr;
		uint32_t val, flags, bitset;
		uint64_t time;
	} futex;
	struct {
		uint32_t clock, type;	/* type 0: nobody is told what remains */
		uint64_t rmtp, expires;
	} nap;
	struct {
		uint64_t ufds;
		uint32_t nfds, has_timeout;
		uint64_t sec, nsec;
	} poll;
};

static const char left_key;

#define TASK_LOW 4096		/* no memory is below it: a clock, and no pointer */
#define TT_NATIVE 1		/* who sleeps is told what remains */

/* FUTEX_WAIT has all bits in its block, whatever it was given. */
static bool is_futex(const union block *b, const struct user_regs_struct *r)
{
	uint64_t op = r->rsi & FUTEX_CMD_MASK;

	return r->rdi >= TASK_LOW && b->futex.uaddr == r->rdi && b->futex.val == (uint32_t)r->rdx &&
	       ((op == FUTEX_WAIT && b->futex.bitset == FUTEX_BITSET_MATCH_ANY) ||
		(op == FUTEX_WAIT_BITSET && b->futex.bitset == (uint32_t)r->r9));
}

static bool is_poll(const union block *b, const struct user_regs_struct *r)
{
	return (!r->rdi || r->rdi >= TASK_LOW) && b->poll.ufds == r->rdi && b->poll.nfds == (uint32_t)r->rsi &&
	       b->poll.has_timeout == ((int)r->rdx >= 0);
}

/* Which of the four calls has left it, by what it was called with; or -1. */
static long call_of(const union block *b, const struct user_regs_struct *r)
{
	bool nap = r->rdi >= TASK_LOW;

	if (is_futex(b, r))
		return SYS_futex;
	if (is_poll(b, r))
		return SYS_poll;
	if (b->nap.clock > CLOCK_TAI || b->nap.type > TT_NATIVE ||
	    (b->nap.type == TT_NATIVE && b->nap.rmtp != (nap ? r->rsi : r->r10)))
		return -1;
	return nap ? SYS_nanosleep : SYS_clock_nanosleep;
}

/* When it is over, by *@clock; 0: it is told elsewhere, or is no moment that is known here. */
static uint64_t over(const union block *b, const struct user_regs_struct *r, long nr, clockid_t *clock)
{
	*clock = CLOCK_MONOTONIC;
	switch (nr) {
	case SYS_futex:
		return (r->rsi & FUTEX_CMD_MASK) == FUTEX_WAIT ? b->futex.time : 0;
	case SYS_poll:
		return b->poll.has_timeout && b->poll.sec < INT64_MAX / SECOND && b->poll.nsec < SECOND ?
		       b->poll.sec * SECOND + b->poll.nsec : 0;
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
		*clock = b->nap.clock;
		return b->nap.type || (*clock != CLOCK_MONOTONIC && *clock != CLOCK_BOOTTIME) ? 0 : b->nap.expires;
	default:
		return 0;
	}
}

/* Nothing can be there to be told: not worth the time that looking costs first. After a restart it cannot be said. */
static bool told(const struct user_regs_struct *r)
{
	switch (r->orig_rax) {
	case SYS_nanosleep:
		return r->rsi;
	case SYS_clock_nanosleep:
		return r->r10;
	case SYS_futex:
		return (r->rsi & FUTEX_CMD_MASK) != FUTEX_WAIT;
	default:
		return false;
	}
}

static bool block_of(struct snap *s, const struct task *t, union block *b)
{
	struct kmem *k;
	uint64_t task;
	int rc;

	k = snap_kmem(s, &rc);
	return k && !kmem_task_find(k, s->proc, t->tid, &task) &&
	       !kmem_get(k, task + k->at[K_TASK_RESTART], K_RESTART_ARGS, b, sizeof(*b));
}

static void wait_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct timespec now;
	clockid_t clock;
	uint64_t end, *left;
	union block b;
	long nr;

	(void)tape;
	if ((long)t->regs.rax != -ERESTART_RESTARTBLOCK || told(&t->regs) || !block_of(s, t, &b))
		return;
	nr = call_of(&b, &t->regs);
	/* What the kernel has restarted is called by its name again; the next restart goes by the block alone. */
	if (t->regs.orig_rax == SYS_restart_syscall && nr >= 0)
		t->regs.orig_rax = nr;
	end = over(&b, &t->regs, nr, &clock);
	if (!end || end > INT64_MAX || clock_gettime(clock, &now))
		return;
	left = pool_alloc(&s->scratch, sizeof(*left));
	if (!left)
		return;
	end -= now.tv_sec * SECOND + now.tv_nsec;
	*left = (int64_t)end < 0 ? 0 : end;
	snap_note(s, t, &left_key, left);
}

static int wait_read(struct snap *s, void *obj, struct text *out)
{
	const uint64_t *left = snap_noted(obj, &left_key);
	struct crfs_wait c;

	(void)s;
	if (!left)
		return 0;
	c.left_ns = *left;
	text_section(out, &crfs_wait_shape);
	text_rec(out, &crfs_wait_shape, &c);
	return text_failed(out) ? -ENOMEM : 0;
}

static void wait_check(struct image *im, struct iobj *o)
{
	const struct crfs_wait *c = image_rec(o, &res_task_wait, 0);

	if (c && c->left_ns > INT64_MAX)
		image_mismatch(im, -EINVAL, o->path, "wait: left_ns %llu is longer than any: edit it, or remove the file",
			       (unsigned long long)c->left_ns);
}

static const struct crfs_shape *const shapes[] = { &crfs_wait_shape, NULL };

const struct resource res_task_wait = {
	.name = "wait",
	.scope = PER_THREAD,
	.shapes = shapes,
	.optional = true,
	.ask = wait_ask,
	.read = wait_read,
	.check = wait_check,
};
