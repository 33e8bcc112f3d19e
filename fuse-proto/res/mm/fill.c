// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting pages in place: the task takes them from where they are staged into its new mappings.
 *
 * First touch costs more than the copy. Measured on 1 GiB (2 cores, 6.18), seconds, by one and by
 * two threads: pread(2) alone 0.50 and 0.32, MADV_POPULATE_WRITE (5.14) before it 0.44 and 0.24,
 * pages pasted with their content (paste.c) 0.31 and 0.18.
 * Collapsing it into huge pages first (MADV_COLLAPSE) takes 0.21 at best and 2.2 where the host has
 * taken free memory back, and puts aside what the system says about huge pages: not done. Where
 * huge pages are wanted (always, or MADV_HUGEPAGE) populating makes them (huge.c).
 *
 * What has been put in place is given back to the system at once, so that a container needs its memory
 * once while it comes back, not twice; and that is the memory that the next pages get, still warm.
 * Should the restore fail after that, the pages are fetched back from the task (spent.c).
 *
 * Much memory is filled by two: the task, and a helper that has the same memory and is gone before
 * the tape goes on. What is contiguous in memory and in the staging is read with one call.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/staged.h>

#include "fill.h"
#include "proc.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#define READ_MAX (32ULL << 20)
#define POPULATE_MIN (64ULL << 10)
#define OPS_EACH 5		/* at most, for an extent */
#define TWO_MIN (32ULL << 20)	/* a helper costs a clone and a wait: 0.1 ms */

size_t staged_first(const struct mmdata *d, uint64_t at)
{
	size_t lo = 0, hi = d->nr_staged, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (d->staged[mid].end <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool row_has_pages(const struct mmdata *d, const struct crfs_vma *r)
{
	size_t i = staged_first(d, r->start);

	return i < d->nr_staged && d->staged[i].start < r->end;
}

struct tape_op *ops_add(struct ops *o, const char *what, long nr, uint64_t a, uint64_t b, uint64_t c,
			uint64_t d, uint64_t e, uint64_t f)
{
	if (!o->op)
		return tape_op(o->tape, what, nr, a, b, c, d, e, f);
	o->op[o->nr] = (struct tape_op){ .nr = nr, .args = { a, b, c, d, e, f }, .want = WANT_OK };
	return &o->op[o->nr++];
}

void ops_spend(struct ops *o, int fd, off_t off, uint64_t n)
{
	if (o->spend)
		ops_add(o, "giving back what was staged", SYS_fallocate, fd,
			FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off, n, 0, 0)->want = WANT_ANY;
}

static bool follows(const struct staged *a, const struct staged *b)
{
	return b->start == a->end && b->fd == a->fd && !b->paste && !b->take &&
	       b->off == a->off + (off_t)(a->end - a->start);
}

/* They may be the only ones (others need them, too), and are small. */
static void take_plan(struct mmdata *d)
{
	size_t i, k;

	for (k = 0; d->lends && k < d->nr_staged; k++)
		d->staged[k].take = false;
	for (i = 0; i < d->nr; i++)
		if (huge_wanted(&d->rows[i], false))
			for (k = staged_first(d, d->rows[i].start);
			     k < d->nr_staged && d->staged[k].start < d->rows[i].end; k++)
				d->staged[k].take = false;
}

static const struct staged *take_one(const struct staged *st, struct ops *o)
{
	struct crfs_take take = { .to = st->start, .off = st->off, .len = st->end - st->start };

	ops_add(o, "taking pages", SYS_ioctl, st->fd, CRFS_TAKE, tape_data(o->tape, &take, sizeof(take)), 0, 0, 0)
		->want = WANT_EXACT;
	return st + 1;
}

static const struct staged *read_run(const struct staged *st, const struct staged *end,
				     struct ops *o)
{
	const struct staged *last = st;
	struct tape_op *op;
	uint64_t n;

	while (last + 1 < end && follows(last, last + 1) && last[1].end - st->start <= READ_MAX)
		last++;
	n = last->end - st->start;
	if (n >= POPULATE_MIN)
		ops_add(o, "populating", SYS_madvise, st->start, n, MADV_POPULATE_WRITE, 0, 0, 0)
			->want = WANT_ANY;
	op = ops_add(o, "reading pages", SYS_pread64, st->fd, st->start, n, st->off, 0, 0);
	op->want = WANT_EXACT;
	op->expect = n;
	ops_spend(o, st->fd, st->off, n);
	return last + 1;
}

static void put_all(const struct staged *st, const struct staged *end, struct ops *o)
{
	while (st < end)
		st = st->take ? take_one(st, o) : st->paste ? paste_one(st, o) : read_run(st, end, o);
}

/* Half of the bytes, by extents. */
static const struct staged *middle(const struct mmdata *d)
{
	const struct staged *st = d->staged, *end = st + d->nr_staged;
	uint64_t all = 0, n = 0;

	for (; st < end; st++)
		all += st->end - st->start;
	if (all < TWO_MIN)
		return NULL;
	for (st = d->staged; n < all / 2; st++)
		n += st->end - st->start;
	return st;
}

static bool two_cpus(void)
{
	cpu_set_t set;

	return !sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) > 1;
}

/* A pid for the helper that no task of the container needs, from its innermost namespace's top. */
static pid_t spare_pid(const struct restore *rs, const struct iobj *o)
{
	int fd = proc_own(O_RDONLY, "sys/kernel/pid_max");
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	int max = 32768;
	pid_t pid;

	if (f && fscanf(f, "%d", &max) != 1)
		max = 32768;
	if (f)
		fclose(f);
	for (pid = max - 1000 - o->id % 10000; pid > 300; pid--)
		if (!image_obj(rs->im, IOBJ_TASK, pid) && kill(pid, 0) && errno == ESRCH)
			break;
	return pid;
}

/* What the helper plays. Its last op but one, which tells who it is, tells that it has done all. */
static struct tape_op *helper_ops(const struct staged *st, const struct staged *end, pid_t pid,
				  struct ops o, uint64_t *at)
{
	struct tape_op *last;

	*at = tape_data(o.tape, NULL, (OPS_EACH * (end - st) + 2) * sizeof(*o.op));
	if (o.tape->full)
		return NULL;
	o.op = tape_local(o.tape, *at);
	o.window += CRFS_EXTENT_SIZE;
	put_all(st, end, &o);
	last = ops_add(&o, "gettid", SYS_gettid, 0, 0, 0, 0, 0, 0);
	last->want = WANT_EXACT;
	last->expect = pid;
	ops_add(&o, "exit", SYS_exit, 0, 0, 0, 0, 0, 0)->want = WANT_LAST;
	return last;
}

static void start_helper(uint64_t ops, pid_t pid, struct tape *t)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_UNTRACED, .set_tid_size = 1,
	};
	struct tape_op *op;

	args.set_tid = tape_data(t, &pid, sizeof(pid));
	op = tape_call(t, "clone3 of a helper", SYS_clone3, tape_data(t, &args, sizeof(args)),
		       sizeof(args));
	op->want = WANT_CHILD;
	op->child = ops;
}

/* It is gone; has it done all? What its last op returned is compared by futex(2). */
static void end_helper(const struct tape_op *last, uint64_t ret, pid_t pid, struct tape *t)
{
	struct tape_op *op = tape_call(t, "waiting for a helper", SYS_wait4, pid, 0, __WALL, 0);

	op->want = WANT_EXACT;
	op->expect = pid;
	op = tape_call(t, "reading pages in a helper", SYS_futex, ret, FUTEX_CMP_REQUEUE, 0, 0,
		       ret + 4, (uint32_t)last->expect);
	op->want = WANT_EXACT;
	op->expect = 0;
}

static void fill_staged(const struct restore *rs, const struct iobj *o, const struct mmdata *d,
			struct ops *mine)
{
	const struct staged *end = d->staged + d->nr_staged, *mid = two_cpus() ? middle(d) : NULL;
	pid_t pid = mid && mid < end ? spare_pid(rs, o) : 0;
	const struct tape_op *last = NULL;
	struct tape *t = mine->tape;
	uint64_t ops;

	if (pid)
		last = helper_ops(mid, end, pid, *mine, &ops);
	if (!last) {
		put_all(d->staged, end, mine);
		return;
	}
	start_helper(ops, pid, t);
	put_all(d->staged, mid, mine);
	end_helper(last, t->base + ((uint8_t *)&last->ret - t->mem), pid, t);
}

void fill_all(const struct restore *rs, const struct rtask *rt, const struct iobj *o,
	      struct mmdata *d, struct tape *t)
{
	struct ops mine = { .tape = t, .window = (uintptr_t)rs->window, .spend = !d->lends };
	bool paste;

	take_plan(d);
	huge_plant(o, d, t);
	paste = paste_plan(rs, rt, o, d);
	if (paste)
		paste_begin(d, t);
	fill_staged(rs, o, d, &mine);
	if (paste)
		paste_end(rs, t);
}
