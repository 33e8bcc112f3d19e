// SPDX-License-Identifier: GPL-2.0-or-later
/* A parent waiting in vfork while its child, in the same memory, runs. */
#include "tests/work/work.h"

static volatile int in_child;

int main(void)
{
	pid_t me = getpid(), pid;
	int st;

	work_told();
	/* The child says ready: its parent stands still until it is gone. */
	pid = vfork();
	if (pid == 0) {
		in_child = getpid();
		work_ready();
		CHECK_EQ(getppid(), me);
		CHECK_EQ(getpid(), in_child);
		in_child = -in_child;
		_exit(17);
	}
	CHECK_EQ(in_child, -pid);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFEXITED(st) && WEXITSTATUS(st) == 17);
	work_pass();
}
