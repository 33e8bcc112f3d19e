// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registers, set by ptrace in a stop inside get_signal().
 *
 * A call that was interrupted with -ERESTART_RESTARTBLOCK is continued by the kernel from a restart
 * block, which a new task does not have. So it is made again, under our eyes and with a signal
 * pending: it gets its block and comes back at once with the same code, and the registers can be set
 * as they were. A relative timeout continues with the time that remained: that of nanosleep(2) and
 * clock_nanosleep(2) whose caller asked for it stands where the kernel told him when it was interrupted, all
 * others in task/wait, if it could be read; else it starts over. That is all that the kernel has restart blocks for.
 */
#include <elf.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <crfs/res/root/header.h>
#include <crfs/res/task/regs.h>
#include <crfs/res/task/signals.h>
#include <crfs/res/task/wait.h>

#include "memory.h"
#include "park.h"
#include "regs.h"
#include "resource.h"
#include "rooms.h"
#include "xlayout.h"

#define XSTATE_MAX 16384
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516
#define USER_CS 0x33
#define USER_DS 0x2b
#define MOMENT 20000000		/* ns: what is over before the call could be interrupted gets no restart block */
#define POLL_MAX (1 << 20)	/* descriptors; no limit on open files is above it */
#define TASK_MAX 0x7ffffffff000ULL

static const struct crfs_regs *regs_of(const struct iobj *o)
{
	return image_rec(o, resource_find(PER_THREAD, "regs", 4), 0);
}

static bool canonical(uint64_t addr)
{
	return addr < TASK_MAX;
}

/* Trees were made with all of it, too. */
static void check_xstate(struct image *im, struct node *x, const struct crfs_header *h, const char *path)
{
	char buf[CRFS_XSTATE_MIN];
	size_t used;

	if (x->size == h->xstate_size)
		return;
	if (x->size < CRFS_XSTATE_MIN || node_pread(x, buf, sizeof(buf), 0) != sizeof(buf)) {
		image_mismatch(im, -EINVAL, path, "%lld bytes are too few", (long long)x->size);
		return;
	}
	used = xstate_used(buf, h->xstate_size);
	if (x->size != (off_t)used)
		image_mismatch(im, -EINVAL, path, "%lld bytes, and %zu are in use", (long long)x->size, used);
}

void regs_check(struct image *im, struct iobj *o)
{
	const struct crfs_header *h =
		image_rec(im->objs[IOBJ_ROOT], resource_find(PER_ROOT, "header", 6), 0);
	struct node *x = tree_find(im->tree, o->node, "xstate");
	const struct crfs_regs *r = regs_of(o);
	const char *regs = pool_printf(&im->pool, "%s/regs", o->path) ?: o->path;
	const char *xstate = pool_printf(&im->pool, "%s/xstate", o->path) ?: o->path;

	if (r && (r->cs != USER_CS || r->ss != USER_DS))
		image_mismatch(im, -EINVAL, regs, "cs 0x%x, ss 0x%x: only 64-bit code can be put back",
			       r->cs, r->ss);
	if (r && (!canonical(r->fs_base) || !canonical(r->gs_base)))
		image_mismatch(im, -EINVAL, regs, "fs_base or gs_base is no user address");
	if (r && !canonical(r->rip))
		image_mismatch(im, -EINVAL, regs, "rip 0x%llx is no user address",
			       (unsigned long long)r->rip);
	if (!x)
		image_mismatch(im, -ENOENT, o->path, "xstate is missing: copy the checkpoint again");
	else if (h)
		check_xstate(im, x, h, xstate);
}

static void to_user(const struct crfs_regs *c, struct user_regs_struct *r)
{
	*r = (struct user_regs_struct){
		.rip = c->rip, .rsp = c->rsp, .rax = c->rax, .orig_rax = c->orig_rax,
		.rbx = c->rbx, .rcx = c->rcx, .rdx = c->rdx, .rsi = c->rsi, .rdi = c->rdi,
		.rbp = c->rbp, .r8 = c->r8, .r9 = c->r9, .r10 = c->r10, .r11 = c->r11,
		.r12 = c->r12, .r13 = c->r13, .r14 = c->r14, .r15 = c->r15,
		.eflags = c->eflags, .fs_base = c->fs_base, .gs_base = c->gs_base,
		.cs = c->cs, .ss = c->ss, .ds = c->ds, .es = c->es, .fs = c->fs, .gs = c->gs,
	};
}

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
	*ts = (struct timespec){ w->left_ns / 1000000000, w->left_ns % 1000000000 };
	at_least_a_moment(ts);
	if (nr == SYS_nanosleep)
		r->rdi = spare;
	else if (nr == SYS_clock_nanosleep)
		r->rdx = spare;
	else
		r->r10 = spare;
}

/** struct kept - what poll(2) says in the memory of its caller, who is not to hear of this call */
struct kept {
	uint64_t at;
	size_t len;
	void *bytes;
};

static void keep_answer(pid_t pid, long nr, const struct crfs_regs *c, struct kept *k)
{
	*k = (struct kept){ .at = c->rdi, .len = c->rsi * sizeof(struct pollfd) };
	if (nr != SYS_poll || !c->rsi || c->rsi > POLL_MAX)
		return;
	k->bytes = malloc(k->len);
	if (!k->bytes || task_peek(pid, k->at, k->bytes, k->len))
		return;
	free(k->bytes);
	k->bytes = NULL;
}

static void forget_answer(pid_t pid, struct kept *k)
{
	if (k->bytes)
		task_poke(pid, k->at, k->bytes, k->len);
	free(k->bytes);
}

int regs_rearm(struct rtask *rt, uint64_t code, uint64_t spare)
{
	const struct crfs_regs *c = regs_of(rt->o);
	const struct crfs_wait *w;
	struct user_regs_struct r;
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
	to_user(c, &r);
	w = image_rec(rt->o, &res_task_wait, 0);
	at = remaining(rt->pid, nr, &r, spare);
	if (at) {
		told = *(struct timespec *)spare;
		at_least_a_moment((void *)spare);
	} else if (w) {
		wait_for(&r, nr, w, spare);
	}
	r.rax = nr;
	keep_answer(rt->pid, nr, c, &kept);
	rc = park_call(rt->pid, code, &r);
	forget_answer(rt->pid, &kept);
	/* The kernel has stored there once more what remains: a moment less. */
	if (at)
		task_poke(rt->pid, at, &told, sizeof(told));
	/* Over already, or there is nothing to wait for: the plain call will find that out again. */
	if (!rc && r.rax != (unsigned long long)-ERESTART_RESTARTBLOCK)
		rt->fd = nr;
	return rc;
}

/* The kernel takes all of the area or none; what is not in the tree is in its initial state. */
static int set_xstate(struct image *im, struct rtask *rt)
{
	const struct crfs_header *h =
		image_rec(im->objs[IOBJ_ROOT], resource_find(PER_ROOT, "header", 6), 0);
	struct node *n = tree_find(im->tree, rt->o->node, "xstate");
	char buf[XSTATE_MAX] = { 0 };
	struct iovec io = { buf, 0 };
	ssize_t got;

	if (!n || !h || n->size > h->xstate_size || h->xstate_size > XSTATE_MAX)
		return -EINVAL;
	while ((off_t)io.iov_len < n->size) {
		got = node_pread(n, buf + io.iov_len, n->size - io.iov_len, io.iov_len);
		if (got <= 0)
			return got ? (int)got : -EIO;
		io.iov_len += got;
	}
	io.iov_len = h->xstate_size;
	return ptrace(PTRACE_SETREGSET, rt->pid, (void *)NT_X86_XSTATE, &io) ? -errno : 0;
}

int regs_set(struct image *im, struct rtask *rt)
{
	const struct crfs_signals *s = image_rec(rt->o, resource_find(PER_THREAD, "signals", 7), 0);
	const struct crfs_regs *c = regs_of(rt->o);
	struct user_regs_struct r;
	uint64_t mask = s ? s->blocked : 0;
	int rc = set_xstate(im, rt);

	if (rc)
		return rc;
	to_user(c, &r);
	if (rt->fd >= 0) {	/* see regs_rearm() */
		r.rax = -ERESTARTNOHAND;
		r.orig_rax = rt->fd;
	}
	if (ptrace(PTRACE_SETREGS, rt->pid, 0, &r) ||
	    ptrace(PTRACE_SETSIGMASK, rt->pid, (void *)sizeof(mask), &mask))
		return -errno;
	return 0;
}
