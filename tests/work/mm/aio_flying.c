// SPDX-License-Identifier: GPL-2.0-or-later
/* A request of asynchronous I/O that is not done before the program does something: it is refused, and goes on unharmed. */
#include <linux/aio_abi.h>
#include <poll.h>

#include "tests/work/work.h"

int main(void)
{
	aio_context_t c = 0;
	struct io_event e;
	struct iocb cb, *list = &cb;
	int ends[2];

	CHECK(pipe(ends) == 0);
	cb = (struct iocb){ .aio_fildes = ends[0], .aio_lio_opcode = IOCB_CMD_POLL, .aio_buf = POLLIN, .aio_data = 4711 };
	if (syscall(SYS_io_setup, 4, &c))
		work_skip("no AIO here");
	CHECK_EQ(syscall(SYS_io_submit, c, 1, &list), 1);
	work_ready();
	CHECK(write(ends[1], "x", 1) == 1);
	CHECK_EQ(syscall(SYS_io_getevents, c, 1, 1, &e, NULL), 1);
	CHECK_EQ(e.data, 4711);
	CHECK(e.res & POLLIN);
	work_pass();
}
