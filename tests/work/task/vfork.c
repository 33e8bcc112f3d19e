// SPDX-License-Identifier: GPL-2.0-or-later
/* A parent waiting in vfork while its child, in the same memory, runs; with "exec": soon to execve. */
#include "tests/work/work.h"

static volatile int in_child;

static void soon_exec(void)
{
	pid_t pid = vfork();
	int st;

	if (pid == 0) {
		if (write(1, "ready\n", 6) == 6)
			work_sleep(300);	/* the freeze finds us here */
		execlp("sleep", "sleep", "1000", NULL);
		_exit(127);
	}
	work_wait();
	CHECK_EQ(kill(pid, SIGTERM), 0);
	CHECK_EQ(waitpid(pid, &st, 0), pid);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
	work_pass();
}

int main(int argc, char **argv)
{
	pid_t me = getpid(), pid;
	int st;

	(void)argv;
	work_told();
	if (argc > 1)
		soon_exec();
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
