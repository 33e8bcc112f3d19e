// SPDX-License-Identifier: GPL-2.0-or-later
/* A pid namespace of its own: this is its init; children, a nested namespace, an orphan reparented to it. */
#include "tests/work/work.h"

/* Started by unshare --pid --fork: see tests/res/ns/pid.bats. */
int main(void)
{
	pid_t child, nested, orphan = 0;
	volatile pid_t *shm = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int st;

	CHECK(shm != MAP_FAILED);
	CHECK_EQ(getpid(), 1);
	work_told();
	child = work_fork();
	if (child == 0) {
		pid_t me = getpid();

		if (fork() == 0) {
			while (getppid() != 1)
				work_sleep(1);
			shm[0] = getpid();
			work_wait();
			CHECK_EQ(getppid(), 1);
			_exit(4);
		}
		work_up();
		work_wait();
		CHECK_EQ(getpid(), me);
		_exit(5);
	}
	nested = work_fork();
	if (nested == 0) {
		CHECK(unshare(CLONE_NEWPID) == 0);
		pid_t in = work_fork();

		if (in == 0) {
			CHECK_EQ(getpid(), 1);
			CHECK_EQ(getppid(), 0);
			work_up();
			work_wait();
			CHECK_EQ(getpid(), 1);
			_exit(6);
		}
		CHECK(in > 1);
		work_up();
		work_wait();
		work_join(in, 6);
		_exit(7);
	}
	/* The orphan's parent goes only when told, so make one whose parent is gone now. */
	if (work_fork() == 0) {
		if (fork() == 0) {
			while (getppid() != 1)
				work_sleep(1);
			shm[1] = getpid();
			work_wait();
			_exit(8);
		}
		work_up();
		_exit(9);
	}
	CHECK(wait(&st) > 0 && WEXITSTATUS(st) == 9);
	while (!shm[1])
		work_sleep(1);
	orphan = shm[1];

	work_ready();

	CHECK_EQ(getpid(), 1);
	CHECK_EQ(getppid(), 0);
	work_join(orphan, 8);
	work_join(nested, 7);
	work_join(child, 5);
	while (!shm[0])
		work_sleep(1);
	work_join(shm[0], 4);
	CHECK(wait(NULL) == -1 && errno == ECHILD);
	work_pass();
}
