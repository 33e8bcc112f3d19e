// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making the tasks: the controller clones the first, they clone the others as their tapes say.
 *
 * Everyone is traced from birth: the first are seized before they may run, the others inherit the
 * tracer (PTRACE_O_TRACECLONE and its like) and begin with a stop. PTRACE_O_EXITKILL kills all of
 * them when the controller goes, so that nothing is ever left half made, and
 * PTRACE_O_SUSPEND_SECCOMP lets tapes go on behind the filters that they install.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crfs/extent.h>
#include <crfs/res/task/attrs.h>

#include "proc.h"
#include "res/ns/home.h"
#include "res/task/timens.h"
#include "res/ns/user.h"
#include "res/task/creds.h"
#include "rooms.h"
#include "run.h"

#define OPTIONS (PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
		 PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_SUSPEND_SECCOMP)

const char *run_path(const struct rtask *rt, char buf[64])
{
	snprintf(buf, 64, "tasks/%d%s", rt->birth->pids[0], rt->helper ? " (helper)" : "");
	return buf;
}

static const char *advice(const struct tape_op *op)
{
	if (op->nr == SYS_clone3 && op->ret == -EEXIST)
		return ": its pid was taken meanwhile: try again";
	if (op->ret == -EPERM)
		return ": restore with the privileges that it needs";
	if (op->ret == -ENOMEM || op->ret == -EAGAIN)
		return ": free memory, or raise the limit";
	return "";
}

int run_fail(struct run *r, struct rtask *rt, const struct park *p)
{
	bool stop = p->kind == PARK_SIGNAL && p->sig == rt->birth->stop;
	int i = stop ? tape_failed(&rt->birth->tape) : -1;
	char path[64], how[64];
	struct tape_op *op;
	int rc;

	run_path(rt, path);
	if (i < 0)
		return fail_on(&r->err, -ECHILD, path, "%s while it was made: try again",
			       park_name(p, how, sizeof(how)));
	op = tape_at(&rt->birth->tape, i);
	rc = op->ret < 0 ? (int)op->ret : -EIO;
	if (op->nr == SYS_clone3)
		snprintf(path, sizeof(path), "tasks/%d", (int)op->expect);
	if (op->ret >= 0)
		return fail_on(&r->err, rc, path, "%s: got %#llx, not %#llx", rt->birth->tape.what[i], (unsigned long long)op->ret,
			       (unsigned long long)op->expect);
	return fail_on(&r->err, rc, path, "%s%s", rt->birth->tape.what[i], advice(op));
}

/* What it played before stands no more: let it begin with what is there now. */
int run_rewind(struct run *r, struct rtask *rt)
{
	uint64_t code = arena_code(&r->arena, player_start), tape = (uint64_t)rt->birth->slot.at;
	char path[64];

	/*
	 * Also one that was born to play this: what sent it there, an op of its maker's tape, may be
	 * another's by now.
	 */
	if (ptrace(PTRACE_POKEUSER, rt->pid, offsetof(struct user_regs_struct, rip), code) ||
	    ptrace(PTRACE_POKEUSER, rt->pid, offsetof(struct user_regs_struct, rbx), tape))
		return fail_on(&r->err, -errno, run_path(rt, path), "PTRACE_POKEUSER");
	return 0;
}

static int go_on(struct run *r, struct rtask *rt)
{
	int rc = park_cont(rt->pid, 0);
	char path[64];

	return rc ? fail_on(&r->err, rc, run_path(rt, path), "PTRACE_CONT") : 0;
}

int run_start(struct run *r, struct rtask *rt)
{
	int rc = run_rewind(r, rt);

	return rc ?: go_on(r, rt);
}

/* Threads that make nobody, and stay where they are, wait where they were born until all exist. */
static bool plays_at_birth(const struct run *r, const struct rtask *rt)
{
	return rt->leader == rt || rt->birth->first || home_moves(&r->rs, rt) || timens_moves(&r->rs, rt);
}

static int first_steps(struct run *r, struct rtask *rt)
{
	int rc;

	if (!plays_at_birth(r, rt))
		return 0;
	rc = spawn_join_born(r, rt);
	if (!rc)
		rc = tape_birth(r, rt);
	return rc ?: run_start(r, rt);
}

static int newborn(struct run *r, struct rtask *maker, pid_t pid)
{
	struct rtask *rt = maker->birth->made;
	struct park p;
	int rc;

	if (!rt)
		return fail(&r->err, -EINVAL, "a task too many was made");
	maker->birth->made = rt->birth->next;
	rt->pid = pid;
	rc = park_wait(pid, &p);
	if (rc)
		return fail(&r->err, rc, "waiting for task %d", pid);
	if (p.kind != PARK_TRAP)
		return run_fail(r, rt, &p);
	return first_steps(r, rt);
}

int run_wait(struct run *r, struct rtask *rt)
{
	char path[64];
	struct park p;
	long at;
	int rc;

	for (;;) {
		rc = park_wait(rt->pid, &p);
		if (rc)
			return fail_on(&r->err, rc, run_path(rt, path), "waiting for it");
		if (p.kind == PARK_SIGNAL && p.sig == rt->birth->stop)
			break;
		if (p.kind == PARK_NEW)
			rc = newborn(r, rt, p.child);
		else if (p.kind != PARK_TRAP && p.kind != PARK_GROUP)
			return run_fail(r, rt, &p);
		if (!rc)
			rc = go_on(r, rt);
		if (rc)
			return rc;
	}
	errno = 0;
	at = ptrace(PTRACE_PEEKUSER, rt->pid, offsetof(struct user_regs_struct, rbx), 0);
	return !errno && (uint64_t)at == rt->birth->waited ? 0 : run_fail(r, rt, &p);
}

int run_play(struct run *r, struct rtask *rt)
{
	int rc = run_start(r, rt);

	return rc ?: run_wait(r, rt);
}

/* In the new task, a copy of the controller: wait to be traced, then play, and never come back. */
static void __attribute__((noreturn)) play(int gate, int other, uint64_t code, const void *tape)
{
	char c;

	close(other);
	if (read(gate, &c, 1) != 1)
		_exit(1);
	__asm__ volatile("mov %0, %%rbx; jmp *%1" : : "r"(tape), "r"(code) : "rbx", "memory");
	__builtin_unreachable();
}

static pid_t clone_first(struct run *r, struct rtask *rt, int gate[2])
{
	struct birth *b = rt->birth;
	pid_t tids[SPAWN_LEVELS], pid;
	struct clone_args args = { .flags = b->flags & ~(uint64_t)CLONE_VM, .set_tid = (uint64_t)tids };
	unsigned int i, n = b->given;

	for (i = 0; i < n; i++)
		tids[i] = b->pids[b->level - 1 - i];
	args.set_tid_size = n;
	/* With CLONE_PARENT it is that of who makes it. */
	args.exit_signal = rt->helper || b->flags & CLONE_PARENT ? 0 : b->st->exit_signal;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		play(gate[0], gate[1], arena_code(&r->arena, player_start), b->slot.at);
	return pid < 0 ? -errno : pid;
}

/* Beside an init that exists: as a child of ours, but in its pid namespace. */
static int enter(struct run *r, const struct rtask *init)
{
	int fd = init ? proc_open(r->rs.proc, O_RDONLY, "%d/ns/pid", init->pid) :
			proc_open(r->rs.proc, O_RDONLY, "self/ns/pid");
	int rc = fd < 0 ? fd : setns(fd, CLONE_NEWPID) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc ? fail(&r->err, rc, "setns into the pid namespace") : 0;
}

static bool is_beside(const struct run *r, const struct rtask *rt)
{
	return !r->plan->level && rt != r->plan->init;
}

static int report(int to, pid_t pid)
{
	return write(to, &pid, sizeof(pid)) == sizeof(pid) ? 0 : 1;
}

/* PR_SET_PDEATHSIG of any of its threads */
static bool waits_for_death(const struct run *r, const struct rtask *rt)
{
	const struct image *im = r->rs.im;
	const struct crfs_attrs *a;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_TASK] && rt->birth->st; i++) {
		if (image_status(&im->objs[IOBJ_TASK][i])->tgid != rt->birth->st->tgid)
			continue;
		a = image_rec(&im->objs[IOBJ_TASK][i], &res_task_attrs, 0);
		if (a && a->pdeath_signal)
			return true;
	}
	return false;
}

/* The helper, in its own process: as the container's first task, but for what only we may do. */
static void __attribute__((noreturn)) clone_from_inside(struct run *r, struct rtask *rt, int gate[2], int to)
{
	int rc = is_beside(r, rt) ? enter(r, r->plan->init) : 0;
	pid_t pid;

	if (!rc)
		rc = creds_become(&r->rs, r->plan->init) ?: user_enter(&r->rs, user_birth(r->rs.im));
	pid = rc;

	/* A change of ids has cleared it; in there they look at each other. */
	if (!rc && prctl(PR_SET_DUMPABLE, 1))
		pid = rc = -errno;
	if (!rc) {
		if (!waits_for_death(r, rt))	/* else the helper's, who exits */
			rt->birth->flags |= CLONE_PARENT;
		pid = clone_first(r, rt, gate);
	}
	_exit(report(to, pid));
}

/*
 * In a pid namespace of a user namespace: who makes somebody there must be in the latter. So a helper goes
 * there, and makes a brother.
 */
static pid_t clone_inside(struct run *r, struct rtask *rt, int gate[2])
{
	struct clone_args args = { .exit_signal = rt->helper ? 0 : rt->birth->st->exit_signal };
	pid_t helper, pid = -ECHILD;
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC))
		return -errno;
	if (waits_for_death(r, rt))
		prctl(PR_SET_CHILD_SUBREAPER, 0);
	helper = syscall(SYS_clone3, &args, sizeof(args));
	if (!helper)
		clone_from_inside(r, rt, gate, pipe[1]);
	if (helper < 0)
		pid = -errno;
	else if (read(pipe[0], &pid, sizeof(pid)) != sizeof(pid))
		pid = -ECHILD;
	if (helper > 0)
		waitpid(helper, NULL, __WALL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	close(pipe[0]);
	close(pipe[1]);
	return pid;
}

/*
 * Who is to get a signal when its parent dies must not be a child of ours, who are gone when the container is
 * there. A child of ours makes it and exits, so that it is an orphan, and for once not ours, before it says what
 * it wants.
 */
static pid_t clone_orphan(struct run *r, struct rtask *rt, int gate[2])
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t between, pid = -ECHILD;
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC))
		return -errno;
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	between = syscall(SYS_clone3, &args, sizeof(args));
	if (!between)
		_exit(report(pipe[1], clone_first(r, rt, gate)));
	if (between < 0)
		pid = -errno;
	else if (read(pipe[0], &pid, sizeof(pid)) != sizeof(pid))
		pid = -ECHILD;
	if (between > 0)
		waitpid(between, NULL, __WALL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	close(pipe[0]);
	close(pipe[1]);
	return pid;
}

static int adopt_first(struct run *r, struct rtask *rt, int gate)
{
	char path[64];

	run_path(rt, path);
	if (ptrace(PTRACE_SEIZE, rt->pid, 0, (void *)OPTIONS))
		return fail_on(&r->err, -errno, path, "PTRACE_SEIZE: allow it to trace");
	if (spawn_join_born(r, rt))
		return r->err.code;
	if (write(gate, "", 1) != 1)
		return fail_on(&r->err, -errno, path, "starting it");
	return 0;
}

static int make_first(struct run *r, struct rtask *rt)
{
	bool inside = user_birth(r->rs.im), beside = is_beside(r, rt) && !inside;
	int gate[2], rc;
	char path[64];
	pid_t pid;

	rc = tape_birth(r, rt);
	if (rc)
		return rc;
	if (pipe2(gate, O_CLOEXEC))
		return fail(&r->err, -errno, "pipe2");
	if (beside)
		rc = enter(r, r->plan->init);
	pid = rc ? rc : inside ? clone_inside(r, rt, gate) : waits_for_death(r, rt) ? clone_orphan(r, rt, gate) :
	      clone_first(r, rt, gate);
	if (pid < 0)
		rc = fail_on(&r->err, pid, run_path(rt, path), "clone3%s",
			     pid == -EEXIST ? ": its pid was taken meanwhile: try again" : "");
	else
		rt->pid = pid;
	if (!rc && beside)
		rc = enter(r, NULL);
	if (!rc)
		rc = adopt_first(r, rt, gate[1]);
	close(gate[0]);
	close(gate[1]);
	return rc;
}

static int make_arena(struct run *r)
{
	size_t size = 0, i;
	int rc;

	for (i = 0; i < r->plan->nr_order; i++)
		size += tape_room(r, r->plan->order[i]) + 4096;
	rc = arena_make(r->rs.im, size + 2 * CRFS_EXTENT_SIZE, &r->arena, &r->err);
	if (rc)
		return rc;
	for (i = 0; i < r->plan->nr_order; i++)
		r->plan->order[i]->birth->slot =
			arena_slot(&r->arena, tape_room(r, r->plan->order[i]));
	r->rs.arena = r->arena.base;
	r->rs.arena_size = r->arena.size;
	r->rs.window = r->arena.base + r->arena.size - 2 * CRFS_EXTENT_SIZE;
	return 0;
}

int spawn_all(struct run *r)
{
	struct rtask *rt;
	size_t i;
	int rc = make_arena(r);

	together_begin(r);
	/* The init of a pid namespace first: there are no others without it. */
	if (!rc && r->plan->init)
		rc = make_first(r, r->plan->init);
	for (rt = r->plan->first; rt && !rc; rt = rt->birth->next)
		if (rt != r->plan->init)
			rc = make_first(r, rt);
	for (i = 0; i < r->plan->nr_order && !rc; i++)
		if (plays_at_birth(r, r->plan->order[i]))
			rc = run_wait(r, r->plan->order[i]);
	together_end(r, false);
	return rc;
}
