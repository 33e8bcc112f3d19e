// SPDX-License-Identifier: GPL-2.0-or-later
/* Breakpoints that a debugger has left in two children: one dies of SIGTRAP where it writes, one where it runs. */
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "tests/work/work.h"

static volatile int watched;

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
	work_wait();
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

static void trapped(pid_t pid)
{
	int st;

	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTRAP);
}

int main(void)
{
	pid_t a = child(true), b = child(false);

	set(a, 0, &watched, 0xd);	/* write, 4 bytes */
	set(b, 2, (void *)run_into, 0);

	work_ready();

	trapped(a);
	trapped(b);
	work_pass();
}
