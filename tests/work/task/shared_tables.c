// SPDX-License-Identifier: GPL-2.0-or-later
/* CLONE_FILES, CLONE_FS, CLONE_SIGHAND and CLONE_VM between processes: shared before, shared after. */
#include "tests/work/work.h"

static char stack[4][65536] __attribute__((aligned(16)));
static int *told;
static volatile int vm_value;

static void handler(int sig)
{
	(void)sig;
}

/* After the wait the child changes each thing it should share; the parent looks. */
static int child(void *arg)
{
	long how = (long)arg;

	told[how] = 1;
	work_wait();
	if (how == 0)		/* CLONE_FILES */
		CHECK_EQ(dup2(1, 50), 50);
	if (how == 1)		/* CLONE_FS */
		CHECK(chdir("/tmp") == 0);
	if (how == 2)		/* CLONE_VM | CLONE_SIGHAND */
		CHECK(signal(SIGUSR2, handler) != SIG_ERR);
	if (how == 3)		/* CLONE_VM */
		vm_value = 33;
	_exit(0);
}

int main(void)
{
	static const int flags[] = { CLONE_FILES, CLONE_FS, CLONE_VM | CLONE_SIGHAND, CLONE_VM };
	struct sigaction sa;
	char cwd[256];
	pid_t pid[4];
	long i;

	work_told();
	told = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(told != MAP_FAILED);
	for (i = 0; i < 4; i++) {
		pid[i] = clone(child, stack[i] + sizeof(stack[i]) - 64, flags[i] | SIGCHLD, (void *)i);
		CHECK(pid[i] > 0);
	}
	for (i = 0; i < 4; i++)
		while (!*(volatile int *)&told[i])
			work_sleep(1);

	work_ready();

	for (i = 0; i < 4; i++)
		work_join(pid[i], 0);
	CHECK(fcntl(50, F_GETFD) >= 0);
	CHECK(getcwd(cwd, sizeof(cwd)));
	CHECK_STR(cwd, "/tmp");
	CHECK(sigaction(SIGUSR2, NULL, &sa) == 0 && sa.sa_handler == handler);
	CHECK_EQ(vm_value, 33);
	work_pass();
}
