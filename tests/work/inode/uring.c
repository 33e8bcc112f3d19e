// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * io_urings, mapped: requests that were not handed over yet, results that were not seen; more results than requests, and
 * fewer; a ring that has gone round many times, one whose mappings no child gets, one without the array of numbers.
 * With "soon" one request after the other is being done that ends by itself. With "flight" a request is being done, with "files", "buffers", "eventfd", "alone" it is what cannot be carried.
 */
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/uio.h>

#include "tests/work/uring.h"

#define NO_SQARRAY (1U << 16)

static const struct io_uring_sqe nop = { .opcode = IORING_OP_NOP };

static struct io_uring_sqe rw(int op, int fd, void *buf, unsigned int len)
{
	return (struct io_uring_sqe){ .opcode = op, .fd = fd, .addr = (uintptr_t)buf, .len = len };
}

static void nops(struct uring *u, unsigned int n, uint64_t data)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		uring_put(u, nop, data + i);
		uring_enter(u, 1);
		CHECK_EQ(uring_take(u, data + i), 0);
	}
}

/* A poll that tells every time; then it is taken back. */
static void tell_more(struct uring *u)
{
	int ev = eventfd(0, EFD_NONBLOCK), i;
	uint64_t one = 1;

	uring_put(u, (struct io_uring_sqe){ .opcode = IORING_OP_POLL_ADD, .fd = ev, .poll32_events = POLLIN, .len = IORING_POLL_ADD_MULTI }, 7);
	uring_enter(u, 1);
	for (i = 0; i < 5; i++) {
		CHECK(write(ev, &one, 8) == 8);
		CHECK(uring_take(u, 7) & POLLIN);
	}
	uring_put(u, (struct io_uring_sqe){ .opcode = IORING_OP_POLL_REMOVE, .addr = 7, .fd = -1 }, 8);
	uring_enter(u, 1);
	for (i = 0; i < 2; i++) {	/* in either order */
		const struct io_uring_cqe *c = (void *)(u->rings + u->p.cq_off.cqes);

		while (__atomic_load_n(uring_word(u, u->p.cq_off.tail), __ATOMIC_ACQUIRE) == u->cq)
			CHECK(syscall(SYS_io_uring_enter, u->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) >= 0);
		uring_take(u, c[u->cq & (u->p.cq_entries - 1)].user_data);
	}
	close(ev);
}

static void refused(const char *how)
{
	static char buf[4096] __attribute__((aligned(4096)));
	struct iovec iov = { buf, sizeof(buf) };
	struct uring u;
	int ends[2], ev = eventfd(0, 0);

	uring_open(&u, 4, strcmp(how, "alone") ? 0 : IORING_SETUP_SUBMIT_ALL | 1U << 12 /* SINGLE_ISSUER */);
	uring_map(&u);
	CHECK(pipe(ends) == 0);
	if (!strcmp(how, "flight")) {
		uring_put(&u, rw(IORING_OP_READ, ends[0], buf, 1), 1);
		uring_enter(&u, 1);
	}
	if (!strcmp(how, "files"))
		CHECK(syscall(SYS_io_uring_register, u.fd, IORING_REGISTER_FILES, ends, 2) == 0);
	if (!strcmp(how, "buffers"))
		CHECK(syscall(SYS_io_uring_register, u.fd, IORING_REGISTER_BUFFERS, &iov, 1) == 0);
	if (!strcmp(how, "eventfd"))
		CHECK(syscall(SYS_io_uring_register, u.fd, IORING_REGISTER_EVENTFD, &ev, 1) == 0);
	work_ready();
	if (strcmp(how, "flight")) {
		uring_put(&u, nop, 1);
		uring_enter(&u, 1);
		CHECK_EQ(uring_take(&u, 1), 0);
	} else {
		CHECK(write(ends[1], "x", 1) == 1);
		CHECK_EQ(uring_take(&u, 1), 1);
	}
	work_pass();
}

/* A frozen thread is told of what has ended: 6.6.50, 6.11 */
static void soon(void)
{
	const struct { int64_t sec, nsec; } span = { 0, 400000000 };
	uint64_t i = 0;
	struct uring u;

	uring_open(&u, 4, 0);
	uring_map(&u);
	printf("ready\n");
	fflush(stdout);
	do {
		uring_put(&u, (struct io_uring_sqe){ .opcode = IORING_OP_TIMEOUT, .fd = -1, .addr = (uintptr_t)&span, .len = 1 }, ++i);
		uring_enter(&u, 1);
		CHECK_EQ(uring_take(&u, i), -ETIME);
	} while (!work_told());
	work_pass();
}

int main(int argc, char **argv)
{
	struct uring plain, less, more, round, bare;
	char text[8] = "";
	int fd;

	if (argc > 1 && !strcmp(argv[1], "soon"))
		soon();
	if (argc > 1)
		refused(argv[1]);
	fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0);
	uring_open(&plain, 8, 0);
	uring_map(&plain);
	CHECK(madvise(plain.sqes, 4096, MADV_DONTFORK) == 0);
	uring_put(&plain, rw(IORING_OP_WRITE, fd, "abcdef", 6), 1);
	uring_enter(&plain, 1);
	CHECK_EQ(uring_take(&plain, 1), 6);
	uring_put(&plain, nop, 2);
	uring_put(&plain, rw(IORING_OP_READ, fd, text, 3), 3);
	uring_enter(&plain, 2);
	while (*uring_word(&plain, plain.p.cq_off.tail) != 3)
		usleep(1000);
	CHECK(memcmp(text, "abc", 4) == 0);
	uring_put(&plain, nop, 4);
	uring_put(&plain, rw(IORING_OP_READ, fd, text, 6), 5);

	uring_open(&less, 4, 0);
	uring_map(&less);
	uring_put(&less, (struct io_uring_sqe){ .opcode = IORING_OP_NOP, .flags = IOSQE_CQE_SKIP_SUCCESS }, 1);
	uring_put(&less, nop, 2);
	uring_enter(&less, 2);
	CHECK_EQ(uring_take(&less, 2), 0);

	uring_open(&more, 4, 0);
	uring_map(&more);
	tell_more(&more);

	uring_open(&round, 2, 0);
	uring_map(&round);
	nops(&round, 10001, 100);

	memset(&bare, 0, sizeof(bare));
	bare.p.flags = NO_SQARRAY;
	bare.fd = syscall(SYS_io_uring_setup, 4, &bare.p);	/* 6.6 */

	work_ready();

	CHECK_EQ(uring_take(&plain, 2), 0);
	CHECK_EQ(uring_take(&plain, 3), 3);
	uring_enter(&plain, 2);
	CHECK_EQ(uring_take(&plain, 4), 0);
	CHECK_EQ(uring_take(&plain, 5), 6);
	CHECK(memcmp(text, "abcdef", 6) == 0);
	nops(&less, 9, 3);
	nops(&more, 9, 10);
	nops(&round, 9, 20000);
	if (bare.fd >= 0) {
		bare.sqes = mmap(NULL, 4 * sizeof(*bare.sqes), PROT_READ | PROT_WRITE, MAP_SHARED, bare.fd, IORING_OFF_SQES);
		bare.rings = mmap(NULL, uring_size(&bare), PROT_READ | PROT_WRITE, MAP_SHARED, bare.fd, IORING_OFF_SQ_RING);
		CHECK(bare.rings != MAP_FAILED && bare.sqes != MAP_FAILED);
		bare.sqes[0] = nop;
		bare.sqes[0].user_data = 77;
		__atomic_store_n(uring_word(&bare, bare.p.sq_off.tail), 1, __ATOMIC_RELEASE);
		uring_enter(&bare, 1);
		CHECK_EQ(uring_take(&bare, 77), 0);
	}
	work_pass();
}
