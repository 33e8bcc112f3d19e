// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Syscall user dispatch: in a process that only computes, in two that wait in a call which they may make (one
 * for a time), and of a range alone, where the kernel knows that (6.17).
 */
#include <linux/futex.h>

#include "tests/work/work.h"

#define PR_DISPATCH 59
#define EXCLUSIVE 1
#define INCLUSIVE 2
#define BLOCK 1
#define ALLOW 0

long raw_call(long nr, ...);
extern const char raw_call_end[];

__asm__(".text\n"
	".globl raw_call\n"
	"raw_call:\n"
	"	mov	%rdi, %rax\n"
	"	mov	%rsi, %rdi\n"
	"	mov	%rdx, %rsi\n"
	"	mov	%rcx, %rdx\n"
	"	mov	%r8, %r10\n"
	"	mov	%r9, %r8\n"
	"	syscall\n"
	"	ret\n"
	".globl raw_call_end\n"
	"raw_call_end:\n");

struct shared {
	int go, ready;
};

static struct shared *sh;
static volatile char selector;
static volatile int hits;
static volatile void *from;

static void caught(int sig, siginfo_t *si, void *ctx)
{
	(void)sig;
	(void)ctx;
	selector = ALLOW;
	hits++;
	from = si->si_call_addr;
}

static int turn_on(int mode, volatile char *sel)
{
	struct sigaction sa = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
	const uintptr_t at = (uintptr_t)raw_call;

	CHECK(sigaction(SIGSYS, &sa, NULL) == 0);
	return prctl(PR_DISPATCH, mode, at, (uintptr_t)raw_call_end - at + 1, sel);
}

/* Calls from the range are calls, all others are caught. Runs without any, so it must not fail in between. */
static int still_on(int status)
{
	long pid;

	selector = BLOCK;
	pid = raw_call(SYS_getpid);
	syscall(SYS_getppid);
	return pid > 0 && pid == getpid() && hits == 1 && from != NULL &&
	       ((uintptr_t)from < (uintptr_t)raw_call || (uintptr_t)from > (uintptr_t)raw_call_end) ? status : 99;
}

static void computes(void)
{
	if (turn_on(EXCLUSIVE, &selector))
		_exit(77);
	selector = BLOCK;
	__atomic_add_fetch(&sh->ready, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&sh->go, __ATOMIC_SEQ_CST))
		;
	selector = ALLOW;
	_exit(still_on(5));
}

static void waits(const struct timespec *patience)
{
	if (turn_on(EXCLUSIVE, &selector))
		_exit(77);
	selector = BLOCK;
	__atomic_add_fetch(&sh->ready, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&sh->go, __ATOMIC_SEQ_CST))
		if (raw_call(SYS_futex, &sh->go, FUTEX_WAIT, 0, patience) == -ETIMEDOUT)
			break;
	selector = ALLOW;
	_exit(sh->go ? still_on(6) : 98);
}

static void of_a_range(void)
{
	bool can = !turn_on(INCLUSIVE, NULL);

	__atomic_add_fetch(&sh->ready, 1, __ATOMIC_SEQ_CST);
	work_wait();
	if (!can)
		_exit(7);
	CHECK(getppid() > 0 && !hits);
	raw_call(SYS_getpid);
	_exit(hits == 1 ? 7 : 97);
}

int main(void)
{
	static const struct timespec long_time = { .tv_sec = 5000 };
	int i, st, want[4] = { 5, 6, 6, 7 };
	pid_t pid[4];

	sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(sh != MAP_FAILED);
	for (i = 0; i < 4; i++) {
		pid[i] = fork();
		CHECK(pid[i] >= 0);
		if (pid[i])
			continue;
		i == 0 ? computes() : i == 1 ? waits(NULL) : i == 2 ? waits(&long_time) : of_a_range();
	}
	for (i = 0; i < 200 && __atomic_load_n(&sh->ready, __ATOMIC_SEQ_CST) < 4; i++) {
		if (waitpid(pid[0], &st, WNOHANG) == pid[0])
			work_skip("no syscall user dispatch here");
		work_sleep(20);
	}
	work_sleep(50);

	work_ready();

	__atomic_store_n(&sh->go, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &sh->go, FUTEX_WAKE, 10);
	for (i = 0; i < 4; i++) {
		CHECK_EQ(waitpid(pid[i], &st, 0), pid[i]);
		CHECK(WIFEXITED(st));
		CHECK_EQ(WEXITSTATUS(st), want[i]);
	}
	work_pass();
}
