// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Segments of a thread's own in the global descriptor table, which 32-bit code uses: of the first thread and of
 * another, with a selector of one in a register; a child has what its parent had.
 */
#include <asm/ldt.h>
#include <pthread.h>

#include "tests/work/work.h"

/* By the 32-bit system call: there is no other. */
static long thread_area(int nr, struct user_desc *low)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(low) : "memory");
	return ret;
}

static struct user_desc *low(void *at)
{
	struct user_desc *d = mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	CHECK(d != MAP_FAILED);
	return d;
}

static void set(struct user_desc *d, int entry, unsigned int base)
{
	*d = (struct user_desc){ .entry_number = entry, .base_addr = base, .limit = 0xfff, .seg_32bit = 1, .useable = 1 };
	if (thread_area(243, d))
		work_skip("no set_thread_area");
}

static void same(struct user_desc *d, int entry, unsigned int base)
{
	*d = (struct user_desc){ .entry_number = entry };
	CHECK_EQ(thread_area(244, d), 0);
	CHECK_EQ(d->base_addr, base);
	CHECK(d->limit == 0xfff && d->seg_32bit && d->useable && !d->seg_not_present && !d->limit_in_pages);
}

static void try(void)
{
	struct user_desc d = { .entry_number = 14 };

	thread_area(244, &d);
}

static int ready;

static void *thread(void *arg)
{
	struct user_desc *d = low((void *)0x20010000);

	set(d, 14, 0x20010000);
	__atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
	work_wait();
	same(d, 14, 0x20010000);
	*d = (struct user_desc){ .entry_number = 13 };
	CHECK_EQ(thread_area(244, d), 0);
	CHECK(d->seg_not_present);
	return arg;
}

static unsigned short es(void)
{
	unsigned short v;

	__asm__ volatile("mov %%es, %0" : "=r"(v));
	return v;
}

static void take(void)
{
	unsigned short selector = 13 << 3 | 3;

	__asm__ volatile("mov %0, %%es" : : "r"(selector));
}

int main(void)
{
	struct user_desc *d = low((void *)0x20000000);
	unsigned short selector;
	pthread_t t;
	pid_t child;

	if (!work_survives(try))
		work_skip("no int $0x80 on this machine");
	CHECK(pthread_create(&t, NULL, thread, NULL) == 0);
	while (!__atomic_load_n(&ready, __ATOMIC_SEQ_CST))
		work_sleep(5);
	set(d, 13, 0x20000000);
	if (work_survives(take))
		take();
	selector = es();
	child = work_fork();
	if (!child) {
		work_up();
		work_wait();
		same(d, 13, 0x20000000);
		_exit(es() == selector ? 3 : 4);
	}

	work_ready();

	CHECK_EQ(es(), selector);
	same(d, 13, 0x20000000);
	CHECK(pthread_join(t, NULL) == 0);
	work_join(child, 3);
	work_pass();
}
