// SPDX-License-Identifier: GPL-2.0-or-later
/* A request of asynchronous I/O that is done when somebody else changes the mode of "watched", and tells an eventfd. */
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

#include "tests/work/work.h"

int main(void)
{
	int in = inotify_init1(IN_NONBLOCK), told = eventfd(0, EFD_NONBLOCK), fd = open("watched", O_RDWR | O_CREAT, 0600);
	struct iocb cb = { .aio_fildes = in, .aio_lio_opcode = IOCB_CMD_POLL, .aio_buf = POLLIN, .aio_data = 4711,
			   .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = told }, *list = &cb;
	struct timespec second = { 1, 0 };
	aio_context_t c = 0;
	struct io_event e;
	uint64_t count;
	char buf[100];

	CHECK(in >= 0 && told >= 0 && fd >= 0 && inotify_add_watch(in, "watched", IN_ATTRIB) == 1);
	if (syscall(SYS_io_setup, 4, &c))
		work_skip("no AIO here");
	CHECK_EQ(syscall(SYS_io_submit, c, 1, &list), 1);
	work_ready();
	if (fchmod(fd, 0640))	/* alone there is nobody else */
		work_fail(__FILE__, __LINE__, "chmod");
	CHECK_EQ(syscall(SYS_io_getevents, c, 1, 1, &e, &second), 1);
	CHECK_EQ(e.data, 4711);
	CHECK(e.res & POLLIN);
	CHECK(read(told, &count, 8) == 8 && count == 1);
	CHECK(read(in, buf, sizeof(buf)) >= (ssize_t)sizeof(struct inotify_event));
	CHECK(syscall(SYS_io_destroy, c) == 0);
	work_pass();
}
