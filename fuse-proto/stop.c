// SPDX-License-Identifier: GPL-2.0-or-later
/* Stopping the tasks of a frozen cgroup with ptrace, and letting go. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "res/task/dispatch.h"
#include "res/task/regs.h"
#include "resource.h"
#include "dead.h"
#include "proc.h"
#include "stop.h"

#define CS_64 0x33		/* __USER_CS: a task that runs 64-bit code */
#define STOP_WAIT_MS 2000	/* a frozen task stops at once; only one in vfork(2) does not: vfork.c */
#define FREEZE_WAIT_MS 5000
#define TAPE_LARGE 16384
#define TAPE_SMALL 4096

static const char *task_name(struct snap *s, const struct task *t)
{
	return snap_obj(s, "tasks", t->vtid);
}

/* Who may not do as much as this will get nowhere; errno stays. */
static bool may_look(struct snap *s, const struct task *t)
{
	const int why = errno;
	char *link = proc_link(s->proc, "%d/cwd", t->tid);
	const bool may = link || errno != EACCES;

	free(link);
	errno = why;
	return may;
}

/*
 * With PTRACE_O_SUSPEND_SECCOMP the tape is not judged by the task's own filters (ptrace(2)). It
 * needs CAP_SYS_ADMIN; without it only tasks that have filters are out of reach.
 */
static int seize(struct snap *s, struct task *t)
{
	if (!ptrace(PTRACE_SEIZE, t->tid, 0, (void *)PTRACE_O_SUSPEND_SECCOMP))
		return 0;
	if (errno == EPERM && !snap_status_num(t, "Seccomp", 10) &&
	    !ptrace(PTRACE_SEIZE, t->tid, 0, 0))
		return 0;
	if (errno == ESRCH)
		return -ESTALE;
	if (errno == EPERM && !may_look(s, t))
		return fail_on(s->err, -EPERM, task_name(s, t), "PTRACE_SEIZE: mount with the right to trace it (CAP_SYS_PTRACE)");
	if (snap_status_num(t, "TracerPid", 10))
		snap_unsupported(s, -errno, task_name(s, t),
				 "traced by process %d: detach the tracer",
				 (int)snap_status_num(t, "TracerPid", 10));
	else if (errno == EPERM && snap_status_num(t, "Seccomp", 10))
		snap_unsupported(s, -errno, task_name(s, t), "PTRACE_SEIZE: it has seccomp filters: mount with CAP_SYS_ADMIN");
	else
		snap_unsupported(s, -errno, task_name(s, t),
				 "PTRACE_SEIZE: mount with the right to trace it (CAP_SYS_PTRACE)");
	return 0;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Return: 1 stopped, 0 not in time or in vfork(2), -ESTALE if it is gone */
static int wait_stop(struct snap *s, const struct task *t, long deadline)
{
	struct timespec nap = { .tv_nsec = 10000 };
	int status;
	pid_t got;

	for (;;) {
		got = waitpid(t->tid, &status, __WALL | __WNOTHREAD | WNOHANG);
		if (got == t->tid)
			return WIFSTOPPED(status) ? 1 : -ESTALE;
		if (got < 0)
			return -ESTALE;
		if (now_ms() > deadline || (nap.tv_nsec > 1000000 && vfork_waits(s, t)))
			return 0;
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 1000000)
			nap.tv_nsec *= 2;
	}
}

static int fetch(struct snap *s, struct task *t)
{
	struct iovec io = { &t->regs, sizeof(t->regs) };

	if (ptrace(PTRACE_GETREGSET, t->tid, (void *)1 /* NT_PRSTATUS */, &io))
		return fail_on(s->err, -errno, task_name(s, t), "PTRACE_GETREGSET");
	if (ptrace(PTRACE_GETSIGMASK, t->tid, (void *)8, &t->sigmask))
		return fail_on(s->err, -errno, task_name(s, t), "PTRACE_GETSIGMASK");
	regs_calm(&t->regs);
	if (io.iov_len != sizeof(t->regs)) {
		t->regs.cs = 0;
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "a 32-bit task: only 64-bit tasks can be carried");
	} else if (t->regs.cs != CS_64) {
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "runs 32-bit code (cs 0x%llx): only 64-bit code can be carried",
				 t->regs.cs);
	}
	return 0;
}

static int stop_one(struct snap *s, struct task *t, long deadline)
{
	int rc = wait_stop(s, t, deadline);

	if (rc < 0)
		return fail_on(s->err, rc, task_name(s, t), "went away while it was being stopped");
	t->seized = rc;
	return 0;
}

/* Those that did not stop: either everything is to be read anew, or they are named. */
static int stop_late(struct snap *s, struct task **late, size_t n)
{
	int rc = vfork_finish(s, late, n);
	size_t i;

	if (rc > 0)
		return fail(s->err, -ESTALE, "a child in vfork(2) was let run until its execve(2)");
	for (i = 0; i < n; i++)
		snap_unsupported(s, -EAGAIN, task_name(s, late[i]),
				 "does not stop, it waits in vfork(2) for its child or in the kernel: try again when it is done");
	return rc;
}

static int stop_asked(struct snap *s, struct task **asked, size_t n)
{
	long deadline = now_ms() + STOP_WAIT_MS;
	size_t i, late = 0;
	int rc = 0;

	for (i = 0; i < n && !rc; i++)
		rc = stop_one(s, asked[i], deadline);
	for (i = 0; i < n && !rc; i++)
		if (!asked[i]->seized)
			asked[late++] = asked[i];
	if (late)
		rc = stop_late(s, asked, late);
	for (i = 0; i < s->nr_tasks && !rc; i++)
		if (s->tasks[i].seized)
			rc = fetch(s, &s->tasks[i]);
	return rc;
}

int stop_all(struct snap *s)
{
	struct task **asked = calloc(s->nr_tasks, sizeof(*asked));
	size_t i, n = 0;
	int rc = 0;

	if (!asked)
		return fail(s->err, -ENOMEM, "stopping %zu tasks", s->nr_tasks);
	for (i = 0; i < s->nr_tasks && !rc; i++) {
		struct task *t = &s->tasks[i];

		if (t->zombie)
			continue;
		rc = seize(s, t);
		if (rc)
			fail_on(s->err, rc, task_name(s, t), "went away before it could be stopped");
		if (!rc && !ptrace(PTRACE_INTERRUPT, t->tid, 0, 0))
			asked[n++] = t;
	}
	if (!rc)
		rc = stop_asked(s, asked, n);
	free(asked);
	return rc;
}

static bool applies(const struct resource *r, const struct task *t)
{
	switch (r->scope) {
	case PER_THREAD:
		return true;
	case PER_PROCESS:
		return t->leader == t;
	case PER_SIGHAND:
		return t->sighand == t;
	case PER_FDTABLE:
		return t->files == t;
	case PER_FS:
		return t->fs == t;
	case PER_MM:
		return t->mm && t->mm->task == t;
	default:
		return false;
	}
}

/* Leaders hold the many questions (signal actions); 10,000 threads must not cost 16 KiB each. */
static size_t tape_size(const struct task *t)
{
	return t->leader == t || t->sighand == t ? TAPE_LARGE : TAPE_SMALL;
}

/* Where the tape of @t goes. Small ones stand side by side, large ones over all of them. */
static uint64_t tape_base(const struct task *t)
{
	struct place *p = t->mm->place;
	uint64_t at = p->data;

	if (tape_size(t) == TAPE_SMALL && p->slots)
		at += p->next++ % p->slots * p->step;
	if (p->used < at - p->data + tape_size(t) + ask_frame_size())
		p->used = at - p->data + tape_size(t) + ask_frame_size();
	p->players++;
	return at;
}

/* @mem: TAPE_LARGE bytes, in which the tape is made, and of which it takes what it needs */
static int collect(struct snap *s, struct task *t, void *mem)
{
	const struct resource *const *r;
	struct tape *tp;

	if (!t->seized || !t->mm || !t->mm->place || t->regs.cs != CS_64)	/* other code plays no tape */
		return 0;
	if (ask_signal(t) < 0) {
		snap_unsupported(s, -EAGAIN, task_name(s, t),
				 "every signal that could end a tape unnoticed is on its way to it: thaw it for a moment");
		return 0;
	}
	t->dispatch = dispatch_of(s, t);
	tp = pool_alloc(&s->scratch, sizeof(*tp));
	if (!tp)
		return fail(s->err, -ENOMEM, "a tape");
	tape_init(tp, tape_base(t), mem, tape_size(t));
	t->tape = tp;
	for (r = resources; *r; r++)
		if ((*r)->ask && applies(*r, t))
			(*r)->ask(s, t, tp);
	if (tp->full)
		return fail_on(s->err, -ENOBUFS, task_name(s, t), "its questions do not fit a tape");
	mem = pool_alloc(&s->scratch, tape_kept(tp, ASK_END));
	if (!mem)
		return fail(s->err, -ENOMEM, "a tape of %zu bytes", tape_kept(tp, ASK_END));
	tape_keep(tp, ASK_END, mem);
	return 0;
}

static int collect_all(struct snap *s)
{
	_Alignas(struct tape_op) uint8_t mem[TAPE_LARGE];
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_tasks && !rc; i++)
		rc = collect(s, &s->tasks[i], mem);
	return rc;
}

static void find_places(struct snap *s)
{
	size_t i;
	int rc;

	for (i = 0; i < s->nr_mms; i++) {
		struct mm *mm = s->mms[i];

		if (!mm->task->seized)
			continue;
		rc = ask_place(s, mm, TAPE_LARGE, TAPE_SMALL, &mm->place);
		if (rc == -EAGAIN)
			snap_unsupported(s, rc, task_name(s, mm->task),
					 "a task of its memory was frozen while it answered a crfs that was killed: thaw the cgroup for a moment");
		else if (rc)
			snap_unsupported(s, -EFAULT, task_name(s, mm->task),
					 "no room for a tape in its memory: it has neither its first stack nor a vdso");
	}
}

void stop_release(struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++) {
		if (s->tasks[i].seized)
			ptrace(PTRACE_DETACH, s->tasks[i].tid, 0, 0);
		s->tasks[i].seized = false;
	}
	dead_bury(s);
}

int stop_ask(struct snap *s)
{
	const struct resource *const *r;
	struct guard g;
	int rc;

	find_places(s);
	rc = collect_all(s);
	if (rc)
		return rc;
	if (guard_start(s->cg, &g, s->err))
		return s->err->code;
	rc = cgroup_freeze(s->cg, false, 0, s->err);
	if (!rc)
		rc = ask_tasks(s);
	for (r = resources; *r && !rc; r++)
		if ((*r)->inquire)
			rc = (*r)->inquire(s);
	/* Everyone is in a ptrace stop, which counts as frozen: this does not wait for long. */
	if (cgroup_freeze(s->cg, true, 0, s->err) && !rc)
		rc = s->err->code;
	stop_release(s);
	if (!rc)
		rc = cgroup_freeze(s->cg, true, FREEZE_WAIT_MS, s->err);
	guard_stop(&g);
	return rc;
}
