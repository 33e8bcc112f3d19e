// SPDX-License-Identifier: GPL-2.0-or-later
/* The parent-death signal is kept, and comes from the restored parent. */
#include "tests/work/work.h"

int main(void)
{
	int st, sig = 0, *dead;
	pid_t pid, grandchild;

	dead = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(dead != MAP_FAILED);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
	pid = work_fork();
	if (pid == 0) {
		grandchild = work_fork();
		if (grandchild == 0) {
			CHECK(setgid(1234) == 0 && setuid(1234) == 0);	/* clears it: the order matters */
			CHECK(prctl(PR_SET_PDEATHSIG, SIGRTMIN + 4, 0, 0, 0) == 0);
			work_up();
			work_wait();
			CHECK(prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0) == 0);
			CHECK_EQ(sig, SIGRTMIN + 4);
			dead[1] = 1;
			for (;;)
				pause();
		}
		dead[0] = grandchild;
		work_up();
		work_wait();
		while (!*(volatile int *)&dead[1] && kill(grandchild, 0) == 0 && !dead[2])
			work_sleep(5);
		_exit(0);
	}
	work_ready();
	work_join(pid, 0);
	CHECK_EQ(waitpid(dead[0], &st, 0), dead[0]);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGRTMIN + 4);
	work_pass();
}
