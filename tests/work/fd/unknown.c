// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What cannot be carried yet: an io_uring, a socket of an odd family, a userfaultfd, perf events, BPF, secret
 * memory. It must go on unharmed.
 */
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/work/work.h"

static int bpf_prog(void)
{
	struct bpf_insn p[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = (uintptr_t)p, .insn_cnt = 2,
			     .license = (uintptr_t)"GPL" };

	return syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
}

static int perf(void)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(a),
				     .config = PERF_COUNT_SW_TASK_CLOCK };

	return syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
}

/* One request that is done, two that wait for a pipe, three that the kernel is not told of */
static void fill(int ring, const struct io_uring_params *p)
{
	char *sq = mmap(NULL, p->sq_off.array + 4 * p->sq_entries, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, p->sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
					IORING_OFF_SQES);
	unsigned int *array = (void *)(sq + p->sq_off.array), i;
	int took;
	int ends[2];

	CHECK(sq != MAP_FAILED && (void *)sqe != MAP_FAILED && pipe(ends) == 0);
	for (i = 0; i < 3; i++) {
		sqe[i] = (struct io_uring_sqe){ .opcode = i ? IORING_OP_POLL_ADD : IORING_OP_NOP, .fd = ends[0],
						.poll_events = POLLIN };
		array[i] = i;
	}
	*(volatile unsigned int *)(sq + p->sq_off.tail) = 3;
	for (i = 3; i; i -= took) {	/* Linux 6.1 takes one at a time */
		took = syscall(SYS_io_uring_enter, ring, i, 0, 0, NULL, 0);
		CHECK(took > 0);
	}
	*(volatile unsigned int *)(sq + p->sq_off.tail) = 6;
	CHECK(munmap(sq, p->sq_off.array + 4 * p->sq_entries) == 0 && munmap(sqe, p->sq_entries * sizeof(*sqe)) == 0);
}

static void same(int fd)
{
	CHECK(fd < 0 || fcntl(fd, F_GETFD) >= 0);
}

int main(void)
{
	struct io_uring_params p = { 0 };
	int prog = bpf_prog(), events = perf();
	int secret = syscall(SYS_memfd_secret, 0);
	int crypto = socket(AF_ALG, SOCK_SEQPACKET, 0);
	int s, ring = syscall(SYS_io_uring_setup, 4, &p), uffd;

	s = socket(AF_VSOCK, SOCK_STREAM, 0);
	CHECK(s >= 0);
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	/* for the test: which of them this machine has */
	printf("has%s%s%s%s%s%s\n", ring < 0 ? "" : " io_uring", uffd < 0 ? "" : " userfaultfd",
	       prog < 0 ? "" : " bpf-prog", events < 0 ? "" : " perf_event",
	       secret < 0 ? "" : " secretmem", crypto < 0 ? "" : " crypto");
	fflush(stdout);
	if (ring >= 0)
		fill(ring, &p);
	work_ready();
	same(prog);
	same(events);
	same(secret);
	same(crypto);
	CHECK(ring < 0 || fcntl(ring, F_GETFD) >= 0);
	CHECK(uffd < 0 || fcntl(uffd, F_GETFD) >= 0);
	CHECK(fcntl(s, F_GETFD) >= 0);
	work_pass();
}
