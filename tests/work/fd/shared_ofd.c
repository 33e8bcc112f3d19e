// SPDX-License-Identifier: GPL-2.0-or-later
/* Open file descriptions shared by dup and fork move together; others of one file do not. */
#include "tests/work/work.h"

int main(void)
{
	int a = open("shared.txt", O_RDWR | O_CREAT | O_TRUNC, 0600), b = dup(a), c;
	pid_t pid;

	CHECK(a >= 0 && b >= 0 && write(a, "0123456789", 10) == 10);
	c = open("shared.txt", O_RDWR);
	pid = work_fork();
	if (pid == 0) {
		CHECK(dup2(a, 77) == 77);
		close(a);
		work_up();
		while (lseek(77, 0, SEEK_CUR) != 5)
			work_sleep(2);
		CHECK_EQ(lseek(c, 0, SEEK_CUR), 2);	/* shared by fork, too */
		CHECK(lseek(b, 7, SEEK_SET) == 7);
		_exit(0);
	}
	CHECK(lseek(c, 2, SEEK_SET) == 2);
	work_ready();
	CHECK_EQ(syscall(SYS_kcmp, getpid(), getpid(), 0, a, b), 0);
	CHECK(syscall(SYS_kcmp, getpid(), getpid(), 0, a, c) != 0);
	CHECK_EQ(syscall(SYS_kcmp, getpid(), pid, 0, a, 77), 0);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 10);
	CHECK(lseek(b, 5, SEEK_SET) == 5);
	work_join(pid, 0);
	CHECK_EQ(lseek(a, 0, SEEK_CUR), 7);
	CHECK_EQ(lseek(c, 0, SEEK_CUR), 2);
	work_pass();
}
