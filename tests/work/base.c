// SPDX-License-Identifier: GPL-2.0-or-later
/* The simplest container: one process, a little memory of each kind, one open file. */
#include "tests/work/work.h"

static char data[64 << 10] = "data";
static char bss[64 << 10];

int main(void)
{
	char *heap = malloc(32 << 10), stack[4096];
	int fd = open("base.txt", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char buf[8];

	CHECK(heap && fd >= 0);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(lseek(fd, 4, SEEK_SET), 4);
	work_fill(data, sizeof(data), 1);
	work_fill(bss, sizeof(bss), 2);
	work_fill(heap, 32 << 10, 3);
	work_fill(stack, sizeof(stack), 4);
	pid_t pid = getpid();

	work_ready();

	CHECK_EQ(getpid(), pid);
	CHECK_EQ(syscall(SYS_gettid), pid);
	CHECK_EQ(getsid(0), pid);
	CHECK(work_same(data, sizeof(data), 1));
	CHECK(work_same(bss, sizeof(bss), 2));
	CHECK(work_same(heap, 32 << 10, 3));
	CHECK(work_same(stack, sizeof(stack), 4));
	CHECK_EQ(read(fd, buf, 8), 6);
	CHECK(!memcmp(buf, "456789", 6));
	work_pass();
}
