// SPDX-License-Identifier: GPL-2.0-or-later
/* Signal actions of all 64 signals: handlers, ignored, default, flags and masks; two processes differ. */
#include "tests/work/work.h"

struct action {
	unsigned long handler, flags, restorer, mask;
};

static void handler(int sig)
{
	(void)sig;
}

static void get(struct action a[65])
{
	int i;

	for (i = 1; i < 65; i++)
		CHECK(syscall(SYS_rt_sigaction, i, NULL, &a[i], 8) == 0);
}

static void set(int shift)
{
	int i;

	for (i = 1; i < 65; i++) {
		struct action a = {
			.handler = (i + shift) % 3 == 0 ? (unsigned long)handler : (i + shift) % 3 == 1,
			.flags = 0x04000000 | ((i & 1) ? SA_RESTART : 0) | ((i & 2) ? SA_NODEFER : 0) |
				((i & 4) ? SA_SIGINFO : 0) | ((i & 8) ? SA_ONSTACK : 0) |
				((i & 16) ? SA_NOCLDSTOP : 0),
			.restorer = (unsigned long)handler,
			.mask = 0x0123456789abcdefull << (i % 7),
		};

		/* SIGCHLD ignored would take the child's status away; SIGKILL and SIGSTOP are refused. */
		if (i != SIGKILL && i != SIGSTOP && i != SIGCHLD)
			CHECK(syscall(SYS_rt_sigaction, i, &a, NULL, 8) == 0);
	}
}

int main(void)
{
	static struct action before[65], after[65];
	pid_t pid = work_fork();

	set(pid ? 0 : 1);
	get(before);
	if (pid == 0) {
		work_up();
		work_wait();
	} else {
		work_ready();
	}
	get(after);
	CHECK(!memcmp(before, after, sizeof(before)));
	if (pid == 0)
		_exit(0);
	work_join(pid, 0);
	work_pass();
}
