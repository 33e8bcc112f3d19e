/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An io_uring by its system calls, for workloads: no library between them and what is mapped. */
#ifndef CRFS_TESTS_URING_H
#define CRFS_TESTS_URING_H

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tests/work/work.h"

/** struct uring - @sq, @cq: where a program's library keeps its own copies: what it has put in, and taken out */
struct uring {
	int fd;
	struct io_uring_params p;
	char *rings;
	struct io_uring_sqe *sqes;
	unsigned int sq, cq;
};

static inline unsigned int *uring_word(struct uring *u, unsigned int at)
{
	return (void *)(u->rings + at);
}

/* The array of numbers is behind the results, or in front of them. */
static inline size_t uring_size(const struct uring *u)
{
	const size_t a = u->p.sq_off.array + 4UL * u->p.sq_entries;
	const size_t c = u->p.cq_off.cqes + u->p.cq_entries * sizeof(struct io_uring_cqe);

	return a > c ? a : c;
}

static inline void uring_map(struct uring *u)
{
	u->rings = mmap(NULL, uring_size(u), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd, IORING_OFF_SQ_RING);
	u->sqes = mmap(NULL, u->p.sq_entries * sizeof(*u->sqes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd,
		       IORING_OFF_SQES);
	CHECK(u->rings != MAP_FAILED && u->sqes != MAP_FAILED);
}

static inline void uring_open(struct uring *u, unsigned int entries, unsigned int flags)
{
	memset(u, 0, sizeof(*u));
	u->p.flags = flags;
	u->fd = syscall(SYS_io_uring_setup, entries, &u->p);
	if (u->fd < 0)
		work_skip("no io_uring");
}

/* Into the ring; the kernel is not told. */
static inline void uring_put(struct uring *u, struct io_uring_sqe sqe, uint64_t data)
{
	const unsigned int i = u->sq & (u->p.sq_entries - 1);

	sqe.user_data = data;
	u->sqes[i] = sqe;
	uring_word(u, u->p.sq_off.array)[i] = i;
	__atomic_store_n(uring_word(u, u->p.sq_off.tail), ++u->sq, __ATOMIC_RELEASE);
}

static inline void uring_enter(struct uring *u, unsigned int n)
{
	long took;

	for (; n; n -= took) {
		took = syscall(SYS_io_uring_enter, u->fd, n, 0, 0, NULL, 0);
		CHECK(took > 0);
	}
}

/* The next result, waited for; it must be that of @data. Return: its res */
static inline int uring_take(struct uring *u, uint64_t data)
{
	const struct io_uring_cqe *c = (void *)(u->rings + u->p.cq_off.cqes);
	int res;

	while (__atomic_load_n(uring_word(u, u->p.cq_off.tail), __ATOMIC_ACQUIRE) == u->cq)
		CHECK(syscall(SYS_io_uring_enter, u->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) >= 0 || errno == EINTR);
	c += u->cq & (u->p.cq_entries - 1);
	CHECK_EQ(c->user_data, data);
	res = c->res;
	__atomic_store_n(uring_word(u, u->p.cq_off.head), ++u->cq, __ATOMIC_RELEASE);
	return res;
}

#endif
