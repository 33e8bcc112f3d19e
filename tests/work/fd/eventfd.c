// SPDX-License-Identifier: GPL-2.0-or-later
/* Eventfds: count, semaphore mode, flags. */
#include <sys/eventfd.h>

#include "tests/work/work.h"

int main(void)
{
	int a = eventfd(5, EFD_NONBLOCK | EFD_CLOEXEC), sem = eventfd(3, EFD_SEMAPHORE), big = eventfd(0, 0);
	uint64_t v = 0xfffffffffffffffe;

	CHECK(a >= 0 && sem >= 0 && big >= 0 && write(big, &v, 8) == 8);
	work_ready();
	CHECK_EQ(fcntl(a, F_GETFD), FD_CLOEXEC);
	CHECK(read(a, &v, 8) == 8);
	CHECK_EQ(v, 5);
	CHECK(read(a, &v, 8) == -1 && errno == EAGAIN);
	CHECK(read(sem, &v, 8) == 8);
	CHECK_EQ(v, 1);
	CHECK(fcntl(sem, F_SETFL, O_NONBLOCK) == 0);
	CHECK(read(sem, &v, 8) == 8 && read(sem, &v, 8) == 8 && read(sem, &v, 8) == -1);
	CHECK(read(big, &v, 8) == 8 && v == 0xfffffffffffffffe);
	work_pass();
}
