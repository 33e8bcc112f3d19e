// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tasks that wait in vfork(2): their children are let run until they have called execve(2).
 *
 * Such a parent is asleep in the kernel and neither stops nor can be asked anything before its child
 * has an address space of its own or is gone. Mostly that is a shell or posix_spawn(3), and a matter
 * of microseconds: it is as if the freeze had come that much later for the child. Everyone else
 * stands in ptrace stops meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "proc.h"
#include "stop.h"

#define EXEC_WAIT_MS 500	/* a child that takes longer waits for something */
#define HALT_WAIT_MS 200

/** struct kid - a child in vfork(2), or a thread of one; @runs: it was let go and has not stopped */
struct kid {
	struct task *t;
	bool runs;
};

struct party {
	struct kid *kids;
	size_t nr_kids;
	struct task **parents;
	size_t nr_parents;
};

bool vfork_waits(struct snap *s, const struct task *t)
{
	char *call = proc_read(s->proc, NULL, "%d/syscall", t->tid);
	long nr = call ? strtol(call, NULL, 10) : 0;

	free(call);
	return nr == SYS_vfork || nr == SYS_clone || nr == SYS_clone3;
}

static bool is_kid(const struct task *t, const struct task *parent)
{
	return t->seized && !t->stopped && t->mm == parent->mm && t->leader != parent->leader &&
	       t->leader->parent == parent->leader;
}

static int find_kids(struct snap *s, struct party *p)
{
	size_t i, k;

	p->kids = pool_alloc(&s->scratch, s->nr_tasks * sizeof(*p->kids));
	if (!p->kids)
		return fail(s->err, -ENOMEM, "%zu tasks", s->nr_tasks);
	for (i = 0; i < s->nr_tasks; i++)
		for (k = 0; k < p->nr_parents; k++)
			if (is_kid(&s->tasks[i], p->parents[k])) {
				p->kids[p->nr_kids++].t = &s->tasks[i];
				break;
			}
	return 0;
}

/* Under its own seccomp filters again, see seize(). */
static void let_go(struct party *p)
{
	size_t i;

	for (i = 0; i < p->nr_kids; i++) {
		struct kid *k = &p->kids[i];

		ptrace(PTRACE_SETOPTIONS, k->t->tid, 0, (void *)PTRACE_O_TRACEEXEC);
		k->runs = !ptrace(PTRACE_CONT, k->t->tid, 0, 0);
		k->t->seized = !k->runs;
	}
}

/* Signals on their way to it are delivered; any other stop is execve(2), ours, or a group stop. */
static void look_at_kid(struct kid *k)
{
	int status;

	if (waitpid(k->t->tid, &status, __WALL | __WNOTHREAD | WNOHANG) != k->t->tid)
		return;
	if (WIFSTOPPED(status) && !(status >> 16)) {
		ptrace(PTRACE_CONT, k->t->tid, 0, WSTOPSIG(status));
		return;
	}
	k->runs = false;
	k->t->seized = WIFSTOPPED(status);
}

static void look_at_parent(struct task *t)
{
	int status;

	if (waitpid(t->tid, &status, __WALL | __WNOTHREAD | WNOHANG) == t->tid)
		t->seized = WIFSTOPPED(status);
}

/* Until all parents, or with @kids all children, have stopped or @ms are over. Return: parents that have */
static size_t watch(struct party *p, bool kids, int ms)
{
	struct timespec nap = { .tv_nsec = 500000 };
	size_t i, left, done;

	for (;; ms--) {
		left = done = 0;
		for (i = 0; i < p->nr_kids; i++) {
			if (p->kids[i].runs)
				look_at_kid(&p->kids[i]);
			left += p->kids[i].runs;
		}
		for (i = 0; i < p->nr_parents; i++) {
			if (!p->parents[i]->seized)
				look_at_parent(p->parents[i]);
			done += p->parents[i]->seized;
		}
		if (ms <= 0 || (kids ? !left : done == p->nr_parents))
			return done;
		nanosleep(&nap, NULL);
		nanosleep(&nap, NULL);
	}
}

static void halt(struct party *p)
{
	size_t i;

	for (i = 0; i < p->nr_kids; i++)
		if (p->kids[i].runs)
			ptrace(PTRACE_INTERRUPT, p->kids[i].t->tid, 0, 0);
	watch(p, true, HALT_WAIT_MS);
	for (i = 0; i < p->nr_kids; i++)
		if (p->kids[i].t->seized &&
		    ptrace(PTRACE_SETOPTIONS, p->kids[i].t->tid, 0, (void *)PTRACE_O_SUSPEND_SECCOMP))
			ptrace(PTRACE_SETOPTIONS, p->kids[i].t->tid, 0, 0);
}

int vfork_finish(struct snap *s, struct task **parents, size_t n)
{
	struct party p = { .parents = parents, .nr_parents = n };
	size_t done = 0;
	struct guard g;
	int rc = find_kids(s, &p);

	if (rc || !p.nr_kids)
		return rc;
	if (guard_start(s->cg, &g, s->err))
		return s->err->code;
	rc = cgroup_freeze(s->cg, false, 0, s->err);
	if (!rc) {
		let_go(&p);
		watch(&p, false, EXEC_WAIT_MS);
		halt(&p);
		done = watch(&p, false, 0);
	}
	if (cgroup_freeze(s->cg, true, 0, s->err) && !rc)
		rc = s->err->code;
	guard_stop(&g);
	return rc ? rc : done > 0;
}
