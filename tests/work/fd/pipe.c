// SPDX-License-Identifier: GPL-2.0-or-later
/* Pipes: content, size, packet mode, non-blocking end, half closed, full, between processes. */
#include <sys/ioctl.h>

#include "tests/work/work.h"

int main(void)
{
	int a[2], packet[2], half[2], full[2], empty[2], n, i;
	char *buf = malloc(1 << 20), small[16];
	pid_t pid;

	CHECK(buf && pipe(a) == 0 && pipe2(packet, O_DIRECT) == 0 && pipe(half) == 0);
	CHECK(pipe2(full, O_NONBLOCK) == 0 && pipe(empty) == 0);
	CHECK(fcntl(a[1], F_SETPIPE_SZ, 256 << 10) == 256 << 10);
	work_fill(buf, 200000, 4);
	CHECK(write(a[1], buf, 100) == 100);
	CHECK(write(a[1], buf + 100, 199900) == 199900);
	CHECK(write(packet[1], "one", 3) == 3 && write(packet[1], "second", 6) == 6);
	CHECK(write(half[1], "last words", 10) == 10);
	close(half[1]);
	for (n = 0; write(full[1], buf, 1000) == 1000; n++)
		;
	CHECK(errno == EAGAIN);
	pid = work_fork();
	if (pid == 0) {
		close(empty[0]);
		work_up();
		work_wait();
		CHECK(write(empty[1], "hello", 5) == 5);
		_exit(0);
	}
	close(empty[1]);
	memset(buf, 0, 1 << 20);

	work_ready();

	CHECK(read(empty[0], small, 16) == 5 && !memcmp(small, "hello", 5));
	work_join(pid, 0);
	CHECK_EQ(read(empty[0], small, 16), 0);
	CHECK_EQ(fcntl(a[0], F_GETPIPE_SZ), 256 << 10);
	CHECK(ioctl(a[0], FIONREAD, &i) == 0);
	CHECK_EQ(i, 200000);
	for (i = 0; i < 200000;) {
		ssize_t r = read(a[0], buf + i, 200000 - i);

		CHECK(r > 0);
		i += r;
	}
	CHECK(work_same(buf, 200000, 4));
	CHECK_EQ(fcntl(packet[1], F_GETFL), O_WRONLY | O_DIRECT);
	CHECK(read(packet[0], small, 16) == 3 && !memcmp(small, "one", 3));
	CHECK(read(packet[0], small, 16) == 6 && !memcmp(small, "second", 6));
	CHECK(read(half[0], small, 16) == 10 && !memcmp(small, "last words", 10));
	CHECK_EQ(read(half[0], small, 16), 0);
	CHECK(write(full[1], buf, 1000) == -1 && errno == EAGAIN);
	for (i = 0; i < n; i++)
		CHECK(read(full[0], buf, 1000) == 1000);
	CHECK(read(full[0], buf, 1000) == -1 && errno == EAGAIN);
	work_pass();
}
