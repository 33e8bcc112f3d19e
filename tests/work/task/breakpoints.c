// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Breakpoints that a debugger has left in two children: one dies of SIGTRAP where it writes, one where it runs. There
 * are virtual machines on which they do nothing, but are kept.
 */
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "tests/work/work.h"

static volatile int watched;
static volatile int *go;	/* shared with the children */

static void __attribute__((noinline)) run_into(void)
{
	__asm__ volatile("");
}

static pid_t child(bool writes)
{
	pid_t pid = work_fork();

	if (pid)
		return pid;
	work_up();
	while (!*go)
		work_sleep(10);
	if (writes)
		watched = 1;
	else
		run_into();
	_exit(0);
}

/* @how: RW and LEN of breakpoint @n */
static void set(pid_t pid, int n, const volatile void *at, unsigned long how)
{
	int st;

	CHECK(ptrace(PTRACE_ATTACH, pid, 0, 0) == 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[n]), at) ||
	    ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]), how << (16 + 4 * n) | 1UL << 2 * n))
		work_skip("no breakpoints");
	CHECK(ptrace(PTRACE_DETACH, pid, 0, 0) == 0);
}

static void trapped(pid_t pid, bool traps)
{
	int st;

	if (!traps)
		return work_join(pid, 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTRAP);
}

/* The registers as they were set; @n: the breakpoint of this number */
static void same(pid_t pid, int n, const volatile void *at, unsigned long how)
{
	unsigned long dr7;
	int st;

	CHECK(ptrace(PTRACE_ATTACH, pid, 0, 0) == 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK_EQ(ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[n]), 0), (long)at);
	dr7 = ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[7]), 0);
	CHECK_EQ(dr7 >> 16, how << 4 * n);
	CHECK(dr7 & 3UL << 2 * n);	/* locally or globally: for the kernel the same */
	CHECK(ptrace(PTRACE_DETACH, pid, 0, 0) == 0);
}

/* Do they do something here? */
static bool find_traps(void)
{
	int st;
	pid_t pid = child(true);

	set(pid, 0, &watched, 0xd);
	*go = 1;
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	*go = 0;
	return WIFSIGNALED(st);
}

int main(void)
{
	pid_t a, b;
	bool traps;

	go = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(go != MAP_FAILED);
	traps = find_traps();
	a = child(true);
	b = child(false);
	set(a, 0, &watched, 0xd);	/* write, 4 bytes */
	set(b, 2, (void *)run_into, 0);

	work_ready();

	same(a, 0, &watched, 0xd);
	same(b, 2, (void *)run_into, 0);
	*go = 1;
	trapped(a, traps);
	trapped(b, traps);
	work_pass();
}
