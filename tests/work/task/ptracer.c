// SPDX-License-Identifier: GPL-2.0-or-later
/* A process that lets any other trace it; its parent does not. Without Yama the kernel does not know that. */
#include "tests/work/work.h"

int main(void)
{
	pid_t pid = work_fork();

	if (!pid) {
		if (prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0))
			CHECK_EQ(errno, EINVAL);
		else
			printf("child %d\n", getpid());
		fflush(stdout);
		work_up();
		work_wait();
		_exit(0);
	}
	work_ready();
	work_join(pid, 0);
	work_pass();
}
