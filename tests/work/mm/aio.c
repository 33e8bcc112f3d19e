// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Contexts of asynchronous I/O: with events that were not fetched, in a ring of several pages that begins anew in the
 * middle of them, empty, locked, not to be written; in a child as well. They are what the kernel knows them by.
 */
#include <linux/aio_abi.h>

#include "tests/work/work.h"

#define PAGE 4096

static struct iocb one(int fd, int op, void *buf, size_t n, off_t at, uint64_t data)
{
	return (struct iocb){ .aio_fildes = fd, .aio_lio_opcode = op, .aio_buf = (uintptr_t)buf, .aio_nbytes = n,
			      .aio_offset = at, .aio_data = data };
}

static aio_context_t setup(unsigned int n)
{
	aio_context_t c = 0;

	CHECK(syscall(SYS_io_setup, n, &c) == 0);
	return c;
}

static void submit(aio_context_t c, struct iocb *cb)
{
	CHECK_EQ(syscall(SYS_io_submit, c, 1, &cb), 1);
}

static long fetch(aio_context_t c, struct io_event *e, long n)
{
	struct timespec now = { 0 };

	return syscall(SYS_io_getevents, c, n, n, e, &now);
}

/* Reads of four bytes each from @fd, numbered from @from on */
static void reads(aio_context_t c, int fd, uint64_t from, int n)
{
	static char buf[4];

	while (n--) {
		struct iocb cb = one(fd, IOCB_CMD_PREAD, buf, 4, 0, from++);

		submit(c, &cb);
	}
}

static void same(aio_context_t c, uint64_t from, int n)
{
	struct io_event e;

	while (n--) {
		CHECK_EQ(fetch(c, &e, 1), 1);
		CHECK_EQ(e.data, from++);
		CHECK_EQ(e.res, 4);
		CHECK_EQ(e.res2, 0);
	}
}

/* The ring's head and tail go @n places on. */
static void turn(aio_context_t c, int fd, int n)
{
	while (n--) {
		reads(c, fd, n, 1);
		same(c, n, 1);
	}
}

static unsigned int nr(aio_context_t c)
{
	return ((unsigned int *)c)[1];
}

static size_t bytes(aio_context_t c)
{
	return (32 + nr(c) * sizeof(struct io_event) + PAGE - 1) & -(size_t)PAGE;
}

/* As many at a time as it was asked for must go. */
static void works(aio_context_t c, int fd, int most)
{
	struct io_event e;
	int i;

	CHECK_EQ(fetch(c, &e, 1), 0);
	for (i = 0; i < 40; i++) {
		reads(c, fd, 1000 * i, most);
		same(c, 1000 * i, most);
	}
	CHECK_EQ(fetch(c, &e, 1), 0);
	CHECK(syscall(SYS_io_destroy, c) == 0);
	CHECK(syscall(SYS_io_destroy, c) == -1 && errno == EINVAL);
}

static void child(int fd)
{
	aio_context_t c = setup(3);

	reads(c, fd, 70, 7);
	work_up();
	work_wait();
	same(c, 70, 7);
	works(c, fd, 3);
	_exit(5);
}

int main(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	struct iocb cb, bad;
	aio_context_t some, around, none, kept;
	struct io_event e;
	char buf[4] = "";
	unsigned int all;
	pid_t pid;

	CHECK(fd >= 0 && write(fd, "four", 4) == 4);
	if (syscall(SYS_io_destroy, 0) && errno == ENOSYS)
		work_skip("no AIO here");
	pid = work_fork();
	if (!pid)
		child(fd);

	some = setup(8);
	reads(some, fd, 1, 5);
	same(some, 1, 3);
	cb = one(fd, IOCB_CMD_PWRITE, "five", 4, 4, 6);
	bad = one(fd, IOCB_CMD_PREAD, NULL, 4, 0, ~0ULL);
	submit(some, &cb);
	submit(some, &bad);

	around = setup(400);
	all = nr(around);
	CHECK(all > 2 * PAGE / sizeof(e));
	turn(around, fd, all - 7);
	reads(around, fd, 9000, 300);

	none = setup(100);
	CHECK(mprotect((void *)none, bytes(none), PROT_READ) == 0);
	kept = setup(1);
	turn(kept, fd, nr(kept) - 2);
	CHECK(mlock((void *)kept, bytes(kept)) == 0);

	work_ready();
	same(some, 4, 2);
	CHECK_EQ(fetch(some, &e, 1), 1);
	CHECK_EQ(e.data, 6);
	CHECK_EQ(e.res, 4);
	CHECK_EQ(e.obj, (uintptr_t)&cb);
	CHECK_EQ(fetch(some, &e, 1), 1);
	CHECK_EQ(e.data, ~0ULL);
	CHECK_EQ(e.res, -EFAULT);
	CHECK(pread(fd, buf, 4, 4) == 4 && !memcmp(buf, "five", 4));
	CHECK_EQ(nr(around), all);
	same(around, 9000, 300);
	work_join(pid, 5);
	works(some, fd, 8);
	works(around, fd, 400);
	works(none, fd, 100);
	CHECK(munlock((void *)kept, bytes(kept)) == 0);
	works(kept, fd, 1);
	work_pass();
}
