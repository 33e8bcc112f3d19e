// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the CPU has for a task beside its registers. ldt: a local descriptor table; tls: a segment of
 * the global one, which 32-bit code uses; breakpoint: one that a debugger has left in a child.
 */
#include <asm/ldt.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "tests/work/work.h"

static int watched;

static struct user_desc desc(int nr)
{
	return (struct user_desc){ .entry_number = nr, .base_addr = 0x1000, .limit = 0xfffff,
				   .seg_32bit = 1, .limit_in_pages = 1, .useable = 1 };
}

static void ldt(void)
{
	struct user_desc d = desc(3);
	unsigned char before[64], after[64];
	long n;

	if (syscall(SYS_modify_ldt, 1, &d, sizeof(d)))
		work_skip("no modify_ldt");
	n = syscall(SYS_modify_ldt, 0, before, sizeof(before));
	CHECK(n > 0);
	work_ready();
	CHECK_EQ(syscall(SYS_modify_ldt, 0, after, sizeof(after)), n);
	CHECK(!memcmp(before, after, n));
}

/* By the 32-bit system call: there is no other. */
static long thread_area(int nr, struct user_desc *low)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(low) : "memory");
	return ret;
}

static void tls(void)
{
	struct user_desc *d = mmap((void *)0x20000000, 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(d != MAP_FAILED);
	*d = desc(-1);
	if (thread_area(243, d))
		work_skip("no set_thread_area");
	d->base_addr = 0;
	work_ready();
	CHECK_EQ(thread_area(244, d), 0);
	CHECK_EQ(d->base_addr, 0x1000);
}

static void breakpoint(void)
{
	pid_t pid = work_fork();
	int st;

	if (!pid) {
		work_up();
		work_wait();
		*(volatile int *)&watched = 1;
		_exit(0);
	}
	CHECK(ptrace(PTRACE_ATTACH, pid, 0, 0) == 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]), &watched) ||
	    ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]), 0xd0101L))
		work_skip("no breakpoints");
	CHECK(ptrace(PTRACE_DETACH, pid, 0, 0) == 0);
	work_ready();
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTRAP);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "ldt";

	if (!strcmp(what, "tls"))
		tls();
	else if (!strcmp(what, "breakpoint"))
		breakpoint();
	else
		ldt();
	work_pass();
}
