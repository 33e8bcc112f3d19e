// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which system call a task is in that the kernel has restarted.
 *
 * After restart_syscall(2) nothing in the registers says what it restarts; but it is one of the four
 * that have restart blocks, the arguments are still there, and the code before the instruction
 * mostly loads the number. What fits none of them well is not guessed.
 */
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include <crfs/res/task/regs.h>

#include "memory.h"
#include "regs.h"

#define BACK 64			/* bytes of code that are looked at */
#define FUTEX_FLAGS (128 | 256)	/* FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME */

static bool has_block(long nr)
{
	return nr == SYS_nanosleep || nr == SYS_clock_nanosleep || nr == SYS_poll || nr == SYS_futex;
}

/* The last "mov $nr, %eax" before the call. */
static long from_code(pid_t pid, uint64_t rip)
{
	unsigned char code[BACK];
	int i, nr;

	if (!task_peek(pid, rip - BACK, code, BACK) || code[BACK - 2] != 0x0f || code[BACK - 1] != 0x05)
		return -1;
	for (i = BACK - 7; i >= 0; i--) {
		memcpy(&nr, code + i + 1, 4);
		if (code[i] == 0xb8 && has_block(nr))
			return nr;
	}
	return -1;
}

/* A time that somebody waits for; nobody waits for none, and zeros are what memory is mostly full of. */
static bool is_time(pid_t pid, uint64_t at)
{
	struct timespec ts;

	return at && task_peek(pid, at, &ts, sizeof(ts)) && ts.tv_sec >= 0 &&
	       ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000 && (ts.tv_sec || ts.tv_nsec);
}

static bool is_memory(pid_t pid, uint64_t at)
{
	char c;

	return task_peek(pid, at, &c, 1);
}

static bool waits(uint64_t op)
{
	op &= ~(uint64_t)FUTEX_FLAGS;
	return op == 0 || op == 9;	/* FUTEX_WAIT, FUTEX_WAIT_BITSET */
}

/* FUTEX_WAIT and FUTEX_WAIT_BITSET for a time, while the word is what it waits on. */
static bool is_futex(pid_t pid, const struct crfs_regs *c)
{
	uint32_t word;

	return !(c->rdi & 3) && c->rsi < 512 && waits(c->rsi) && is_time(pid, c->r10) &&
	       task_peek(pid, c->rdi, &word, 4) && word == (uint32_t)c->rdx;
}

/*
 * Exactly one must fit; but what stands beside a futex word may look like a time, while what fits a futex
 * is hardly ever something else.
 */
static long from_arguments(pid_t pid, const struct crfs_regs *c)
{
	bool mem = is_memory(pid, c->rdi);
	bool futex = is_futex(pid, c);
	bool nap = !futex && is_time(pid, c->rdi) && (!c->rsi || is_memory(pid, c->rsi));
	bool clock = !mem && c->rsi == 0 && is_time(pid, c->rdx);
	bool poll = (mem || !c->rsi) && c->rsi < (1 << 20) && (int)c->rdx > 0 && c->rdx >> 32 == 0;

	if (futex + nap + clock + poll != 1)
		return -1;
	return futex ? SYS_futex : nap ? SYS_nanosleep : clock ? SYS_clock_nanosleep : SYS_poll;
}

long regs_call(pid_t pid, const struct crfs_regs *c)
{
	long nr = (long)c->orig_rax;

	if (nr == SYS_restart_syscall)
		nr = from_code(pid, c->rip);
	if (nr < 0)
		nr = from_arguments(pid, c);
	return has_block(nr) ? nr : -1;
}
