// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NUMA policies of mappings: private, shared, of a part, taken back in a child, beside a policy of the thread.
 * With "many", every second page of a thousand has one.
 */
#include "tests/work/work.h"

#define BIND 2
#define INTERLEAVE 3
#define LOCAL 4
#define STATIC_NODES 0x8000
#define F_ADDR 2
#define PAGE 4096
#define PAGES 1000

static int set(void *p, size_t len, int mode)
{
	unsigned long node0 = 1;
	bool plain = mode == 0 || mode == LOCAL;

	return syscall(SYS_mbind, p, len, mode, plain ? NULL : &node0, plain ? 0 : 64, 0);
}

static long get(void *p)
{
	unsigned long nodes[16] = { 0 };
	int mode = -1;

	CHECK(syscall(SYS_get_mempolicy, &mode, nodes, 1024, p, p ? F_ADDR : 0) == 0);
	CHECK_EQ(nodes[0], mode == 0 || mode == LOCAL ? 0 : 1);
	return mode;
}

static char *map(size_t pages, int flags)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	work_fill(p, pages * PAGE, (uintptr_t)p);
	return p;
}

static void many(void)
{
	char *p = map(PAGES, MAP_PRIVATE);
	int i;

	for (i = 0; i < PAGES; i += 2)
		CHECK(set(p + i * PAGE, PAGE, INTERLEAVE) == 0);
	work_ready();
	for (i = 0; i < PAGES; i++)
		CHECK_EQ(get(p + i * PAGE), i % 2 ? 0 : INTERLEAVE);
	CHECK(work_same(p, PAGES * PAGE, (uintptr_t)p));
	work_pass();
}

int main(int argc, char **argv)
{
	unsigned long node0 = 1;
	char *priv, *shared, *none;
	int mode;
	pid_t pid;

	if (syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0))
		work_skip("a kernel without NUMA");
	if (argc > 1 && !strcmp(argv[1], "many"))
		many();
	priv = map(8, MAP_PRIVATE);
	shared = map(8, MAP_SHARED);
	none = map(4, MAP_PRIVATE);
	CHECK(set(priv + 2 * PAGE, 4 * PAGE, BIND | STATIC_NODES) == 0);
	CHECK(set(shared, 2 * PAGE, INTERLEAVE) == 0);
	CHECK(set(none, PAGE, LOCAL) == 0);
	pid = work_fork();
	if (!pid) {
		CHECK(set(priv + 3 * PAGE, PAGE, 0) == 0);
		CHECK(set(none + 2 * PAGE, PAGE, BIND) == 0);
		/* As the mapping beside it has, which is its own all the same. */
		CHECK(syscall(SYS_set_mempolicy, BIND, &node0, 64) == 0);
		work_up();
		work_wait();
		CHECK_EQ(get(NULL), BIND);
		CHECK_EQ(get(priv + 2 * PAGE), BIND | STATIC_NODES);
		CHECK_EQ(get(priv + 3 * PAGE), 0);
		CHECK_EQ(get(priv + 4 * PAGE), BIND | STATIC_NODES);
		CHECK_EQ(get(none + PAGE), 0);
		CHECK_EQ(get(none + 2 * PAGE), BIND);
		CHECK_EQ(get(shared), INTERLEAVE);
		CHECK(work_same(priv, 8 * PAGE, (uintptr_t)priv));
		_exit(0);
	}
	work_ready();
	CHECK_EQ(get(NULL), 0);
	CHECK_EQ(get(priv), 0);
	CHECK_EQ(get(priv + 2 * PAGE), BIND | STATIC_NODES);
	CHECK_EQ(get(priv + 3 * PAGE), BIND | STATIC_NODES);
	CHECK_EQ(get(priv + 6 * PAGE), 0);
	CHECK_EQ(get(shared), INTERLEAVE);
	CHECK_EQ(get(shared + 2 * PAGE), 0);
	CHECK_EQ(get(none), LOCAL);
	CHECK_EQ(get(none + 2 * PAGE), 0);
	CHECK(work_same(priv, 8 * PAGE, (uintptr_t)priv));
	CHECK(work_same(shared, 8 * PAGE, (uintptr_t)shared));
	work_join(pid, 0);
	work_pass();
}
