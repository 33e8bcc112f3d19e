// SPDX-License-Identifier: GPL-2.0-or-later
/* Where in a stopped address space tapes may be played: see ask.c. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "memory.h"
#include "proc.h"
#include "stop.h"

#define PAGE 4096ULL
#define RED_ZONE 256		/* the ABI's 128 bytes below the stack pointer, and some more */

void ask_forget(uint8_t *image, size_t size)
{
	size_t n = player_end - player_start;

	if (size >= n && !memcmp(image + size - n, player_start, n))
		memset(image + size - n, 0, n);
}

/* Do the last @n bytes before @end hold nothing but padding, or a player that a killed crfs left? */
static bool padding(pid_t tid, uint64_t end, size_t n)
{
	uint8_t buf[1024];
	size_t i;

	if (n > sizeof(buf) || !task_peek(tid, end - n, buf, n))
		return false;
	ask_forget(buf, n);
	for (i = 0; i < n; i++)
		if (buf[i])
			return false;
	return true;
}

struct candidates {
	uint64_t code, stack, stack_end;
};

/* The vdso is first choice: its padding is never run and every process has the same. */
static void look(pid_t tid, char *maps, struct candidates *c)
{
	size_t need = player_end - player_start;
	char *line, *save = NULL;
	bool vdso;

	for (line = strtok_r(maps, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		uint64_t start, end;
		char prot[8];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, prot) != 3)
			continue;
		if (strstr(line, " [stack]") && prot[0] == 'r' && prot[1] == 'w') {
			c->stack = start;
			c->stack_end = end;
		}
		vdso = strstr(line, " [vdso]");
		if (prot[2] != 'x' || (c->code && !vdso) || strstr(line, "[vsyscall]"))
			continue;
		if (padding(tid, end, need))
			c->code = end - need;
	}
}

/* Below the stack pointers of all who are in there; a child in vfork(2) is, with its parent. */
static uint64_t stack_top(const struct mm *mm, const struct candidates *c)
{
	uint64_t top = c->stack_end, sp;
	const struct task *t;

	for (t = mm->tasks; t; t = t->mm_next) {
		sp = t->regs.rsp;
		if (sp >= c->stack && sp < c->stack_end && sp - RED_ZONE < top)
			top = sp - RED_ZONE;
	}
	return top;
}

/* Frozen in the middle of the tape of a crfs that was killed: its registers are not its own. */
static bool still_plays(const struct mm *mm, uint64_t code)
{
	const struct task *t;

	for (t = mm->tasks; t; t = t->mm_next)
		if (t->regs.rip >= code && t->regs.rip < code + (player_end - player_start))
			return true;
	return false;
}

/*
 * A program that is at its deepest has used all of its stack: let it grow, as it does when it is
 * touched below its end, by its user or by a tracer (mm/memory.c, __access_remote_vm()). The limit
 * that counts is that of whoever touches it.
 */
static void grow(struct snap *s, pid_t tid, uint64_t to, struct candidates *c)
{
	int mem = proc_open(s->proc, O_RDWR, "%d/mem", tid);
	struct rlimit was, most;

	if (mem < 0)
		return;
	getrlimit(RLIMIT_STACK, &was);
	most = (struct rlimit){ was.rlim_max, was.rlim_max };
	setrlimit(RLIMIT_STACK, &most);
	if (pwrite(mem, "", 1, to) == 1)
		c->stack = to;
	setrlimit(RLIMIT_STACK, &was);
	close(mem);
}

int ask_place(struct snap *s, struct mm *mm, size_t large, size_t small, struct place **p)
{
	struct candidates c = { 0 };
	struct place *place;
	uint64_t top;
	char *maps = proc_read(s->proc, NULL, "%d/maps", mm->task->tid);

	if (!maps)
		return -errno;
	look(mm->task->tid, maps, &c);
	free(maps);
	if (c.code && still_plays(mm, c.code))
		return -EAGAIN;
	top = stack_top(mm, &c);
	large += ask_frame_size();
	small = (small + ask_frame_size() + 63) & ~63UL;
	if (c.code && c.stack && c.stack + large > top)
		grow(s, mm->task->tid, (top - large) & ~(PAGE - 1), &c);
	if (!c.code || !c.stack || c.stack + large > top)
		return -EFAULT;
	place = pool_alloc(&s->scratch, sizeof(*place));
	if (!place)
		return -ENOMEM;
	*place = (struct place){ .code = c.code, .data = c.stack, .step = small, .mem = -1 };
	place->slots = (top - c.stack) / small < PLACE_SLOTS ? (top - c.stack) / small : PLACE_SLOTS;
	*p = place;
	return 0;
}
