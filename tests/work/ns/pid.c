// SPDX-License-Identifier: GPL-2.0-or-later
/* A pid namespace of its own: this is its init; children, a nested namespace, an orphan reparented to it, leaders that are dead. */
#include "tests/work/work.h"

/* A session and a process group whose leaders are dead: the numbers of both are seen from here. */
static void leaderless(void)
{
	volatile pid_t *leads = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t leader, in_session, in_group;

	CHECK(leads != MAP_FAILED);
	leader = work_fork();
	if (leader == 0) {
		CHECK(setsid() == getpid());
		in_session = work_fork();
		if (in_session == 0) {
			work_up();
			work_wait();
			CHECK_EQ(getsid(0), leads[0]);
			CHECK_EQ(getpgid(0), leads[0]);
			_exit(11);
		}
		leads[2] = in_session;
		work_up();
		_exit(0);
	}
	leads[0] = leader;
	work_join(leader, 0);
	leader = work_fork();
	if (leader == 0) {
		CHECK(setpgid(0, 0) == 0);
		work_up();
		while (!leads[3])
			work_sleep(1);
		_exit(0);
	}
	in_group = work_fork();
	if (in_group == 0) {
		CHECK(setpgid(0, leader) == 0);
		leads[3] = 1;
		work_up();
		work_wait();
		CHECK_EQ(getpgid(0), leads[1]);
		_exit(12);
	}
	leads[1] = leader;
	work_join(leader, 0);
	work_up();
	work_wait();
	CHECK_EQ(getpgid(in_group), leads[1]);
	CHECK_EQ(getsid(leads[2]), leads[0]);
	work_join(in_group, 12);
	work_join(leads[2], 11);
}

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
			leaderless();
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
