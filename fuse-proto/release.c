// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of a restore: the arena goes, registers are set, and everyone is let go.
 *
 * All tasks stand in stops inside get_signal() (kernel/signal.c). Registers set there are looked at
 * by the kernel as at any interrupted system call: -ERESTART* in rax restarts it or makes it EINTR,
 * whatever it would have done. If the cgroup is frozen, the task then waits there with exactly the
 * registers of the checkpoint.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "proc.h"
#include "memory.h"
#include "res/task/dispatch.h"
#include "res/task/regs.h"
#include "res/task/segments.h"
#include "run.h"

static bool lives(const struct rtask *rt)
{
	return !rt->helper && !rt->zombie;
}

/* Before its memory goes: calls that only the kernel can continue are begun again. */
static int restart_blocks(struct run *r)
{
	uint64_t at = arena_code(&r->arena, player_syscall);
	struct rtask *rt;
	char path[64];
	size_t i;
	int rc;

	for (i = 0; i < r->plan->nr; i++) {
		rt = &r->plan->tasks[i];
		if (!lives(rt))
			continue;
		rc = regs_rearm(rt, at, (uint64_t)rt->birth->slot.at);
		if (rc)
			return fail_on(&r->err, rc, run_path(rt, path),
				       "continuing its interrupted system call: checkpoint it again when that is over");
	}
	return 0;
}

/* One of each address space unmaps the arena: the system call is the last it runs there. */
static int unmap_arena(struct run *r)
{
	struct user_regs_struct regs;
	struct rtask *rt;
	char path[64];
	size_t i;
	int rc;

	for (i = 0; i < r->plan->nr; i++) {
		rt = &r->plan->tasks[i];
		if (!rt->birth->mm_late)
			continue;
		if (ptrace(PTRACE_GETREGS, rt->pid, 0, &regs))
			return fail_on(&r->err, -errno, run_path(rt, path), "PTRACE_GETREGS");
		regs.rax = SYS_munmap;
		regs.rdi = (uint64_t)r->arena.base;
		regs.rsi = r->arena.size;
		rc = park_call(rt->pid, arena_code(&r->arena, player_syscall), &regs);
		if (!rc && regs.rax)
			rc = (int)regs.rax;
		if (rc)
			return fail_on(&r->err, rc, run_path(rt, path), "munmap of the tapes");
	}
	return 0;
}

/* Now that nothing of ours runs in it any more: see remember_rseq(). */
static int put_rseq(const struct rtask *rt)
{
	const struct birth *b = rt->birth;

	return !b->rseq_cs || task_poke(rt->pid, b->rseq, &b->rseq_cs, 8) ? 0 : -EFAULT;
}

static int set_registers(struct run *r)
{
	struct rtask *rt;
	char path[64];
	size_t i;
	int rc;

	for (i = 0; i < r->plan->nr; i++) {
		rt = &r->plan->tasks[i];
		if (!lives(rt))
			continue;
		rc = segments_put(rt);
		if (!rc)
			rc = regs_set(r->rs.im, rt);
		if (!rc)
			rc = breakpoints_put(rt);
		if (!rc)
			rc = put_rseq(rt);
		if (!rc)
			rc = dispatch_put(rt);
		if (rc)
			return fail_on(&r->err, rc, run_path(rt, path), "setting its registers");
	}
	return 0;
}

int release_prepare(struct run *r)
{
	int rc = restart_blocks(r);

	if (!rc)
		rc = unmap_arena(r);
	if (!rc)
		rc = set_registers(r);
	return rc ?: spawn_join_last(r);
}

/*
 * One that was killed in the meantime is not detached from but waited for; left to our exit, its
 * whole process would be killed (PTRACE_O_EXITKILL).
 */
static void let_go(struct rtask *rt)
{
	if (lives(rt) && ptrace(PTRACE_DETACH, rt->pid, 0, 0))
		waitpid(rt->pid, NULL, __WALL | WNOHANG);
	rt->birth->done = true;
}

void release_all(struct run *r)
{
	struct rtask *rt, *t;
	size_t i;

	for (i = 0; i < r->plan->nr; i++) {
		rt = &r->plan->tasks[i];
		if (rt->leader != rt)
			continue;
		for (t = rt->next_thread; t; t = t->next_thread)
			let_go(t);
		let_go(rt);
	}
}

static char state_of(struct run *r, pid_t pid)
{
	char *stat = proc_read(r->rs.proc, NULL, "%d/stat", pid);
	const char *p = stat ? strrchr(stat, ')') : NULL;
	char c = p && p[1] ? p[2] : 0;

	free(stat);
	return c;
}

bool release_stopped(struct run *r)
{
	struct rtask *rt;
	size_t i;
	char c;

	for (i = 0; i < r->plan->nr; i++) {
		rt = &r->plan->tasks[i];
		if (rt->birth->st->state != CRFS_TASK_STOPPED)
			continue;
		c = state_of(r, rt->pid);
		if (c == 'R' || c == 'S' || c == 't')
			return false;
	}
	return true;
}
