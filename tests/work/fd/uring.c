// SPDX-License-Identifier: GPL-2.0-or-later
/* An io_uring that two processes have, the one by two descriptors, one of them close-on-exec; neither has it mapped. */
#include <sys/wait.h>

#include "tests/work/uring.h"

static void use(struct uring *u, uint64_t data)
{
	uring_map(u);
	uring_put(u, (struct io_uring_sqe){ .opcode = IORING_OP_NOP }, data);
	uring_enter(u, 1);
	CHECK_EQ(uring_take(u, data), 0);
	CHECK(munmap(u->rings, uring_size(u)) == 0 && munmap(u->sqes, u->p.sq_entries * sizeof(*u->sqes)) == 0);
}

int main(void)
{
	struct uring u;
	int other, status, word[2];
	char c;
	pid_t pid;

	uring_open(&u, 4, 0);
	use(&u, 1);
	other = fcntl(u.fd, F_DUPFD, 40);
	CHECK(other == 40 && pipe(word) == 0);
	pid = fork();
	if (!pid) {
		CHECK(read(word[0], &c, 1) == 1);
		use(&u, 2);
		_exit(0);
	}
	work_ready();
	CHECK(fcntl(u.fd, F_GETFD) == FD_CLOEXEC && fcntl(other, F_GETFD) == 0);
	CHECK(write(word[1], "x", 1) == 1);
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	/* what the child has put in and taken out */
	u.sq++;
	u.cq++;
	u.fd = other;
	use(&u, 3);
	work_pass();
}
