// SPDX-License-Identifier: GPL-2.0-or-later
/* What tasks play: at birth, between, and at last. */
#include <errno.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "res/inode/pty.h"
#include "res/ns/home.h"
#include "res/task/timens.h"
#include "resource.h"
#include "run.h"

#define SIGSET 8

struct tape *tape_begin(struct rtask *rt)
{
	struct birth *b = rt->birth;

	if (!b->tape.mem)
		tape_init(&b->tape, (uint64_t)b->slot.at, b->slot.at, b->slot.size);
	else
		tape_reset(&b->tape);
	return rt->tape = &b->tape;
}

/* A tape's end: the stop that we wait for, and the last op, where tapes go that fail. */
int tape_finish(struct run *r, struct rtask *rt)
{
	struct birth *b = rt->birth;
	pid_t tgid = birth_self(rt->leader->birth), tid = birth_self(b);
	struct tape_op *op = tape_call(&b->tape, "stop", SYS_tgkill, tgid, tid, b->stop);
	char path[64];

	b->waited = tape_op_addr(&b->tape, op);
	tape_call(&b->tape, "stop", SYS_tgkill, tgid, tid, b->stop)->want = WANT_LAST;
	if (b->tape.full)
		return fail_on(&r->err, -ENOBUFS, run_path(rt, path), "its tape of %zu bytes is full",
			       b->tape.size);
	return 0;
}

static int put(struct run *r, struct rtask *rt, const struct resource *room, struct iobj *o)
{
	int rc = room->put(&r->rs, rt, o, rt->tape);

	return rc ? fail_on(&r->err, rc, o->path, "putting back its %s", room->name) : 0;
}

static bool plays(const struct resource *room, const struct rtask *rt)
{
	switch (room->scope) {
	case PER_THREAD:
		return true;
	case PER_PROCESS:
		return rt->leader == rt;
	case PER_SIGHAND:
		return rt->sighand == rt;
	case PER_FDTABLE:
		return rt->files == rt;
	case PER_FS:
		return rt->fs == rt;
	default:
		return false;
	}
}

/* For each object of a room of inodes: what this process has to do with it */
static int put_inodes(struct run *r, struct rtask *rt, const struct resource *room)
{
	struct image *im = r->rs.im;
	size_t i;
	int rc = 0;

	for (i = 0; i < im->nr[IOBJ_INODE] && !rc; i++)
		if (im->objs[IOBJ_INODE][i].room == room)
			rc = put(r, rt, room, &im->objs[IOBJ_INODE][i]);
	return rc;
}

/* Before there are others only the address space is put back, and what must be there before that of others. */
static bool too_early(const struct resource *room)
{
	return room->phase == PHASE_MM && room->scope != PER_PROCESS;
}

static int put_phase(struct run *r, struct rtask *rt, int phase)
{
	const struct resource *const *room;
	int rc = 0;

	for (room = resources; *room && !rc; room++) {
		if (!(*room)->put || (*room)->phase != phase)
			continue;
		if ((*room)->scope == PER_MM) {
			if (rt->mm && (phase == PHASE_MM ? rt->mm_owner : rt->birth->mm_late))
				rc = put(r, rt, *room, rt->mm);
		} else if ((*room)->scope == PER_INODE) {
			if (rt->o && !rt->zombie && rt->leader == rt)
				rc = put_inodes(r, rt, *room);
		} else if (rt->o && !too_early(*room) && plays(*room, rt)) {
			if (!rt->zombie || (*room)->zombies)
				rc = put(r, rt, *room, rt->o);
		}
	}
	return rc;
}

static uint64_t exit_signal(const struct rtask *rt)
{
	const struct birth *b = rt->birth;

	return rt->helper || b->flags & (CLONE_THREAD | CLONE_PARENT) ? 0 : b->st->exit_signal;
}

static void add_clone(struct tape *t, const struct rtask *child)
{
	const struct birth *b = child->birth;
	pid_t tids[SPAWN_LEVELS];
	unsigned int i, n = b->given;
	struct clone_args args = { .flags = b->flags, .exit_signal = exit_signal(child) };
	struct tape_op *op;

	for (i = 0; i < n; i++)
		tids[i] = b->pids[b->level - 1 - i];
	args.set_tid = tape_data(t, tids, n * sizeof(*tids));
	args.set_tid_size = n;
	op = tape_call(t, "clone3", SYS_clone3, tape_data(t, &args, sizeof(args)), sizeof(args));
	op->want = WANT_CHILD;
	op->child = (uint64_t)b->slot.at;
	op->expect = b->pids[0];	/* for messages */
}

static void add_births(struct tape *t, const struct rtask *rt, bool before)
{
	const struct rtask *c;

	for (c = rt->birth->first; c; c = c->birth->next)
		if (c->birth->before == before)
			add_clone(t, c);
}

int tape_birth(struct run *r, struct rtask *rt)
{
	struct birth *b = rt->birth;
	struct tape *t;
	int rc;

	tape_begin(rt);
	t = rt->tape;
	if (b->reaper)
		tape_call(t, "PR_SET_CHILD_SUBREAPER", SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	timens_put(&r->rs, rt, t);
	home_put(&r->rs, rt, t);
	rc = put_phase(r, rt, PHASE_MM);
	if (rc)
		return rc;
	if (b->leads)
		tape_call(t, "setpgid", SYS_setpgid, 0, 0);
	add_births(t, rt, true);
	if (rt->leader == rt && birth_setsid(b))
		tape_call(t, "setsid", SYS_setsid);
	pty_lead(&r->rs, rt, t);
	add_births(t, rt, false);
	return tape_finish(r, rt);
}

/* The number of @rt's group in its own namespace */
static pid_t group_seen(const struct rtask *rt)
{
	struct crfs_str list = rt->birth->st->nspgid;
	__u64 pgid = 0;

	while (crfs_list_next(&list, &pgid))
		;
	return pgid;
}

int tape_regroup(struct run *r, struct rtask *rt)
{
	tape_begin(rt);
	tape_call(rt->tape, "setpgid", SYS_setpgid, 0, group_seen(rt));
	return tape_finish(r, rt);
}

int tape_reap(struct run *r, struct rtask *rt)
{
	const struct rtask *c;

	tape_begin(rt);
	for (c = rt->birth->first; c; c = c->birth->next)
		if (c->helper)
			tape_call(rt->tape, "wait4", SYS_wait4, birth_self(c->birth), 0, __WALL, 0);
	return tape_finish(r, rt);
}

/* What of a zombie can still be seen. */
int tape_zombie(struct run *r, struct rtask *rt)
{
	int phase, rc = 0;

	tape_begin(rt);
	for (phase = PHASE_MM + 1; phase < NR_PHASES && !rc; phase++)
		rc = put_phase(r, rt, phase);
	return rc ?: tape_finish(r, rt);
}

static void die_by_signal(struct rtask *rt, int sig)
{
	struct tape *t = rt->tape;
	uint64_t mask = ~(1ULL << (sig - 1));

	/* Neither a core nor an entry in the log of crashes. */
	tape_call(t, "PR_SET_DUMPABLE", SYS_prctl, PR_SET_DUMPABLE, 0);
	tape_call(t, "tgkill", SYS_tgkill, birth_self(rt->leader->birth), birth_self(rt->birth), sig);
	tape_call(t, "rt_sigprocmask", SYS_rt_sigprocmask, SIG_SETMASK,
		  tape_data(t, &mask, sizeof(mask)), 0, SIGSET);
}

/* The last that a helper or a zombie plays, alone: nobody traces it any more. */
int tape_exit(struct run *r, struct rtask *rt)
{
	unsigned int code = rt->helper ? 0 : rt->birth->st->exit_code;
	long nr = rt->next_thread ? SYS_exit : SYS_exit_group;

	(void)r;
	tape_begin(rt);
	if (code & 0x7f)
		die_by_signal(rt, code & 0x7f);
	tape_call(rt->tape, "exit", nr, code >> 8);
	tape_call(rt->tape, "exit", nr, code >> 8)->want = WANT_LAST;
	return rt->tape->full ? fail(&r->err, -ENOBUFS, "a tape is full") : 0;
}

/*
 * The birth and death of children has left signals, blocked until now: take them out. Of those below
 * SIGRTMIN no more than one is queued.
 */
static void forget_signals(struct tape *t, const struct rtask *rt)
{
	struct timespec now = { .tv_sec = 0 };
	uint64_t mask, at, zero = 0;
	const struct rtask *c;
	unsigned int sig, had = 0;

	for (c = rt->first_child; c; c = c->next_sibling) {
		sig = c->birth->st->exit_signal;
		if (!c->zombie || !sig || (sig < 32 && had >> sig & 1))
			continue;
		had |= sig < 32 ? 1U << sig : 0;
		if (!zero)
			zero = tape_data(t, &now, sizeof(now));
		mask = 1ULL << (sig - 1);
		at = tape_data(t, &mask, sizeof(mask));
		tape_call(t, "rt_sigtimedwait", SYS_rt_sigtimedwait, at, 0, zero,
			  SIGSET)->want = WANT_ANY;
	}
}

/* A parent that was told that its child stopped is not told again. */
static void forget_stops(struct tape *t, const struct rtask *rt)
{
	const struct rtask *c;

	for (c = rt->first_child; c; c = c->next_sibling)
		if (c->birth->st->state == CRFS_TASK_STOPPED && !c->birth->st->stop_signal)
			tape_call(t, "waitid", SYS_waitid, P_PID, birth_self(c->birth), 0,
				  WSTOPPED | WNOHANG | __WALL, 0)->want = WANT_ANY;
}

/* The controller's SA_NOCLDSTOP was for our stops. */
static void plain_sigchld(struct tape *t)
{
	uint64_t plain[4] = { 0 };

	tape_call(t, "rt_sigaction", SYS_rt_sigaction, SIGCHLD, tape_data(t, plain, sizeof(plain)), 0,
		  SIGSET);
}

void tape_close_others(struct run *r, struct tape *t)
{
	unsigned int ctl = r->rs.ctl_fd;

	if (ctl)
		tape_call(t, "close_range", SYS_close_range, 0, ctl - 1, 0);
	tape_call(t, "close_range", SYS_close_range, ctl + 1, ~0U, 0);
}

int tape_second(struct run *r, struct rtask *rt)
{
	struct tape *t;
	int phase, rc = 0;

	tape_begin(rt);
	t = rt->tape;
	if (rt->files == rt)
		tape_close_others(r, t);
	if (rt->birth->reaper)
		tape_call(t, "PR_SET_CHILD_SUBREAPER", SYS_prctl, PR_SET_CHILD_SUBREAPER, 0);
	if (rt->sighand == rt)
		plain_sigchld(t);
	if (rt->leader == rt) {
		forget_signals(t, rt);
		forget_stops(t, rt);
	}
	for (phase = PHASE_MM + 1; phase < (rt->birth->mm_shared ? PHASE_SHARED : NR_PHASES) && !rc; phase++)
		rc = put_phase(r, rt, phase);
	rt->birth->closes = rt->files == rt && (rt->next_thread || rt->birth->shares);
	if (rt->files == rt && !rt->birth->closes)
		tape_call(t, "close", SYS_close, r->rs.ctl_fd);
	return rc ?: tape_finish(r, rt);
}

/* When all that share its descriptors and memory have played. */
int tape_last(struct run *r, struct rtask *rt)
{
	int rc;

	tape_begin(rt);
	rc = rt->birth->mm_shared ? put_phase(r, rt, PHASE_SHARED) : 0;
	if (rt->birth->closes)
		tape_call(rt->tape, "close", SYS_close, r->rs.ctl_fd);
	return rc ?: tape_finish(r, rt);
}

static size_t texts_below(const struct node *dir, unsigned int *files)
{
	const struct node *n;
	size_t bytes = 0;

	for (n = dir->child; n; n = n->next) {
		++*files;
		if (n->kind == NODE_DIR)
			bytes += texts_below(n, files);
		else if (n->kind == NODE_TEXT)
			bytes += n->size;
	}
	return bytes;
}

/*
 * Generous, since the arena is sparse: some bytes for each byte of text that is put back, and some
 * for each file (extents).
 */
size_t tape_room(const struct run *r, const struct rtask *rt)
{
	size_t bytes = 256 << 10;
	unsigned int files = 0;
	const struct rtask *c;

	if (rt->o)
		bytes += 32 * texts_below(rt->o->node, &files);
	if (rt->mm && (rt->mm_owner || rt->birth->mm_late))
		bytes += 32 * texts_below(rt->mm->node, &files);
	if (rt->files == rt)
		bytes += 32 * (size_t)r->rs.im->nr[IOBJ_FILE] * sizeof(struct tape_op);
	for (c = rt->birth->first; c; c = c->birth->next)
		files++;
	return bytes + 512 * (size_t)files;
}
