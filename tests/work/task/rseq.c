// SPDX-License-Identifier: GPL-2.0-or-later
/* The rseq area is registered still, and a critical section that was interrupted is aborted. */
#include <linux/rseq.h>
#include <pthread.h>
#include <sys/rseq.h>

#include "tests/work/work.h"

static atomic_int up;

static struct rseq *area(void)
{
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

static void check(void)
{
	int i, cpu = -1;

	for (i = 0; i < 100; i++) {
		cpu = area()->cpu_id;
		if (cpu == sched_getcpu())
			return;
	}
	work_fail(__FILE__, __LINE__, "rseq says cpu %d, not %d", cpu, sched_getcpu());
}

/*
 * A critical section that waits for the flag and never reaches its end unless aborted: the
 * freeze, the restore or the first preemption must send it to the abort handler, never back
 * into the middle.
 */
static void *critical(void *arg)
{
	struct rseq *r = area();
	long aborted = 0;

	(void)arg;
	up++;
	while (!work_told()) {
		long n = 0, hit = 0;

		asm volatile goto(
			".pushsection __rseq_cs, \"aw\"\n"
			".balign 32\n"
			"3: .long 0, 0\n"
			".quad 1f, 2f - 1f, 4f\n"
			".popsection\n"
			"leaq 3b(%%rip), %%rax\n"
			"movq %%rax, %[cs]\n"
			"1:\n"
			"movl $20000000, %%ecx\n"
			"5: decl %%ecx\n"
			"jnz 5b\n"
			"2:\n"
			"jmp 6f\n"
			".long 0x53053053\n"
			"4: jmp %l[abort]\n"
			"6:\n"
			:: [cs] "m" (r->rseq_cs) : "rax", "rcx", "memory", "cc" : abort);
		n = 1;
		hit += n;
		continue;
abort:
		aborted++;
	}
	check();
	CHECK(aborted >= 0);
	return NULL;
}

int main(void)
{
	pthread_t t;

	if (!__rseq_size)
		work_skip("this libc or kernel has no rseq");
	CHECK(pthread_create(&t, NULL, critical, NULL) == 0);
	while (!up)
		work_sleep(1);
	work_ready();
	check();
	pthread_join(t, NULL);
	/* Registered: a second registration is refused. */
	static struct rseq mine __attribute__((aligned(32)));

	CHECK(syscall(SYS_rseq, &mine, sizeof(mine), 0, RSEQ_SIG) == -1);
	CHECK(errno == EINVAL || errno == EBUSY);
	work_pass();
}
