// SPDX-License-Identifier: GPL-2.0-or-later
/* Process groups, sessions, zombies with their status, stopped tasks, a subreaper, orphans. */
#include "tests/work/work.h"

static int *shm;

static pid_t child(void (*fn)(void))
{
	pid_t pid = work_fork();

	if (pid == 0) {
		fn();
		_exit(0);
	}
	return pid;
}

static void exits(void)
{
	work_up();
	_exit(42);
}

static void killed(void)
{
	work_up();
	kill(getpid(), SIGTERM);
}

static void stops(void)
{
	work_up();
	raise(SIGSTOP);
	work_wait();
	_exit(3);
}

static void member(void)
{
	work_up();
	work_wait();
	_exit(0);
}

/* A session of its own with a group leader that has exited: the group goes on without it. */
static void session(void)
{
	pid_t a, b, me = setsid();
	siginfo_t si;

	CHECK_EQ(me, getpid());
	a = child(member);
	CHECK(setpgid(a, a) == 0);
	b = child(member);
	CHECK(setpgid(b, a) == 0);
	pid_t dead = child(exits);

	work_up();
	work_wait();
	CHECK_EQ(getsid(a), me);
	CHECK_EQ(getpgid(a), a);
	CHECK_EQ(getpgid(b), a);
	CHECK_EQ(getpgid(0), me);
	CHECK(waitid(P_PID, dead, &si, WEXITED | WNOWAIT) == 0);
	CHECK_EQ(si.si_status, 42);
	work_join(dead, 42);
	work_join(a, 0);
	work_join(b, 0);
	_exit(0);
}

/* Its parent exits; it must end with the subreaper, in the group of the dead. */
static void orphan(void)
{
	pid_t me, reaper = getppid(), pid = fork();

	if (pid == 0) {
		me = setsid() > 0 ? getpid() : 0;
		CHECK(me);
		pid = fork();
		if (pid == 0) {
			while (getppid() != reaper)
				work_sleep(1);
			shm[0] = getpid();
			work_wait();
			CHECK_EQ(getppid(), reaper);
			CHECK_EQ(getpgid(0), me);
			CHECK_EQ(getsid(0), me);
			_exit(9);
		}
		_exit(8);
	}
	int st;

	CHECK_EQ(waitpid(pid, &st, 0), pid);
	work_up();
	_exit(0);
}

int main(void)
{
	pid_t zombie, term, stopped, group, sess, mid;
	int st, on = 0;
	siginfo_t si;

	shm = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shm != MAP_FAILED);
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
	zombie = child(exits);
	term = child(killed);
	stopped = child(stops);
	group = child(member);
	CHECK(setpgid(group, group) == 0);
	sess = child(session);
	mid = child(orphan);
	work_join(mid, 0);
	while (!shm[0])
		work_sleep(1);
	CHECK(waitid(P_PID, zombie, &si, WEXITED | WNOWAIT) == 0);
	CHECK(waitid(P_PID, term, &si, WEXITED | WNOWAIT) == 0);
	CHECK(waitid(P_PID, stopped, &si, WSTOPPED | WNOWAIT) == 0);

	work_ready();

	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &on, 0, 0, 0) == 0);
	CHECK_EQ(on, 1);
	work_join(zombie, 42);
	CHECK_EQ(waitpid(term, &st, 0), term);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
	CHECK_EQ(waitpid(stopped, &st, WUNTRACED), stopped);	/* not waited for yet: still reported */
	CHECK(WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
	CHECK(work_field("/proc/self/status", "Pid"));
	CHECK(kill(stopped, SIGCONT) == 0);
	work_join(stopped, 3);
	CHECK_EQ(getpgid(group), group);
	CHECK_EQ(getsid(group), getpid());
	work_join(group, 0);
	CHECK_EQ(getsid(sess), sess);
	work_join(sess, 0);
	work_join(shm[0], 9);
	CHECK(wait(NULL) == -1 && errno == ECHILD);
	work_pass();
}
