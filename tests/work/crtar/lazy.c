// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory of which no page may be wrong, whatever is done to it from the first moment on: it is forked,
 * moved, given back, unmapped, protected, read and written by the kernel, touched by threads.
 * lazy [MIB]: of memory, 256.
 */
#include <pthread.h>

#include "tests/work/work.h"

#define MB (1ul << 20)
#define PART (8 * MB)
#define PAGE 4096ul

static char *mem;
static size_t size;

static void check(const char *p, size_t from, size_t len, int line)
{
	size_t i;

	for (i = 0; i < len; i += PAGE)
		if (!work_same(p + i, PAGE, (from + i) / PAGE))
			work_fail(__FILE__, line, "page %zu differs", (from + i) / PAGE);
}

static void zeros(const char *p, size_t len, int line)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i])
			work_fail(__FILE__, line, "byte %zu is not zero", i);
}

/* From the end, since whoever brings it begins at the start. */
static size_t part(int nr)
{
	return size - (nr + 1) * PART;
}

static void *reader(void *arg)
{
	size_t at = part(7) + (uintptr_t)arg * PAGE;

	for (; at < part(7) + PART; at += 2 * PAGE)
		check(mem + at, at, PAGE, __LINE__);
	return NULL;
}

/* A child, and a child of it, lack what we lack. */
static pid_t family(void)
{
	pid_t pid = fork(), next;
	int status;

	CHECK(pid >= 0);
	if (pid)
		return pid;
	next = fork();
	CHECK(next >= 0);
	if (!next) {
		check(mem + part(1), part(1), PART, __LINE__);
		_exit(7);
	}
	memset(mem + part(0), 1, PAGE);
	check(mem, 0, size - PART, __LINE__);
	CHECK_EQ(waitpid(next, &status, 0), next);
	CHECK_EQ(WEXITSTATUS(status), 7);
	_exit(9);
}

static void move(void)
{
	char *to = mmap(NULL, PART, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(to != MAP_FAILED);
	CHECK(mremap(mem + part(2), PART, PART, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	check(to, part(2), PART, __LINE__);
	CHECK(mremap(to, PART, PART, MREMAP_MAYMOVE | MREMAP_FIXED, mem + part(2)) == mem + part(2));
}

static void give_back(void)
{
	char *p = mem + part(3) + PART / 4 + PAGE;

	CHECK(!madvise(p, PART / 2, MADV_DONTNEED));
	zeros(p, PART / 2, __LINE__);
	check(mem + part(3), part(3), PART / 4 + PAGE, __LINE__);
	check(p + PART / 2, part(3) + PART * 3 / 4 + PAGE, PART / 4 - PAGE, __LINE__);
}

static void unmap(void)
{
	char *p = mem + part(4) + MB + PAGE;

	CHECK(!munmap(p, MB));
	CHECK(mmap(p, MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
	zeros(p, MB, __LINE__);
	check(mem + part(4), part(4), MB + PAGE, __LINE__);
	check(p + MB, part(4) + 2 * MB + PAGE, PART - 2 * MB - PAGE, __LINE__);
}

static void protect(void)
{
	size_t i;

	for (i = 3; i < PART / PAGE; i += 64)
		CHECK(!mprotect(mem + part(5) + i * PAGE, PAGE, PROT_READ));
	check(mem + part(5), part(5), PART, __LINE__);
}

static void kernel(void)
{
	char *p = mem + part(6), *again = malloc(MB);
	int fd = memfd_create("lazy", MFD_CLOEXEC);

	CHECK(again && fd >= 0);
	CHECK_EQ(write(fd, p, MB), MB);
	CHECK_EQ(pread(fd, again, MB, 0), MB);
	check(again, part(6), MB, __LINE__);
	CHECK_EQ(pread(fd, p + 4 * MB + 100, 50, 0), 50);
	CHECK(!memcmp(p + 4 * MB + 100, again, 50));
	check(p + 4 * MB + PAGE, part(6) + 4 * MB + PAGE, PART - 4 * MB - PAGE, __LINE__);
	free(again);
	close(fd);
}

int main(int argc, char **argv)
{
	pthread_t t[2];
	uintptr_t i;
	pid_t pid;
	size_t at;

	size = (argc > 1 ? atoi(argv[1]) : 256) * MB;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(mem != MAP_FAILED);
	for (at = 0; at < size; at += PAGE)
		work_fill(mem + at, PAGE, at / PAGE);

	work_ready();

	check(mem + size - PAGE, size - PAGE, PAGE, __LINE__);
	pid = family();
	for (i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, reader, (void *)i), 0);
	move();
	give_back();
	unmap();
	protect();
	kernel();
	check(mem + part(1), part(1), 2 * PART, __LINE__);
	check(mem, 0, part(7), __LINE__);
	for (i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
	work_join(pid, 9);
	check(mem, 0, part(7), __LINE__);
	work_pass();
}
