// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several time namespaces: that of the first process, one whose clock is ahead with a process, its child and a timer in it,
 * and one whose clock is behind.
 */
#include "tests/work/work.h"

#define NEWTIME 0x80

static long long now(void)
{
	struct timespec ts;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	return ts.tv_sec;
}

static ino_t where(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/time", pid);
	CHECK(stat(path, &st) == 0);
	return st.st_ino;
}

static void ticking(int *id)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1 };
	struct itimerspec its = { { 0, 10000000 }, { 0, 10000000 } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, id) == 0);
	CHECK(syscall(SYS_timer_settime, *id, 0, &its, NULL) == 0);
}

static void still_ticking(void)
{
	siginfo_t si;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	CHECK_EQ(sigtimedwait(&set, &si, &(struct timespec){ 0, 0 }), SIGRTMIN + 1);
	CHECK(si.si_overrun >= 0 && si.si_overrun < 100 * 600);
	CHECK_EQ(sigtimedwait(&set, &si, &(struct timespec){ 2, 0 }), SIGRTMIN + 1);
}

struct shared {
	pid_t in[3];
	int up, wrong, seen;
};

/* Who is in a namespace that is @ahead; @deep: with a child */
static void lives(struct shared *sh, int i, long long ahead, long long host, bool deep)
{
	long long start = now();
	int id;

	CHECK(start >= host + ahead && start < host + ahead + 100);
	ticking(&id);
	if (deep && !fork()) {
		i = 2;
		ticking(&id);
	}
	sh->in[i] = getpid();
	__atomic_add_fetch(&sh->up, 1, __ATOMIC_SEQ_CST);
	work_wait();
	if (now() < start || now() > start + 600)
		__atomic_add_fetch(&sh->wrong, 1, __ATOMIC_SEQ_CST);
	still_ticking();
	while (!__atomic_load_n(&sh->seen, __ATOMIC_SEQ_CST))	/* who has exited is in no namespace */
		work_sleep(10);
	while (wait(NULL) > 0)
		;
	__atomic_sub_fetch(&sh->up, 1, __ATOMIC_SEQ_CST);
	_exit(3);
}

/* Offsets are told from the machine's clock, whatever ours shows. */
static long long own_offset(void)
{
	FILE *f = fopen("/proc/self/timens_offsets", "r");
	long long sec = 0;

	CHECK(f && fscanf(f, "monotonic %lld", &sec) == 1 && fclose(f) == 0);
	return sec;
}

/* The one that makes it is not in it, and its children would go elsewhere than it: it ends. */
static void make(struct shared *sh, int i, long long ahead, bool deep)
{
	long long host = now(), base = own_offset();
	pid_t maker = fork();
	FILE *f;

	CHECK(maker >= 0);
	if (maker) {
		work_join(maker, 0);
		return;
	}
	f = unshare(NEWTIME) ? NULL : fopen("/proc/self/timens_offsets", "r+");
	if (!f || fprintf(f, "monotonic %lld 0\n", base + ahead) < 0 || fclose(f))
		_exit(77);
	if (!fork())
		lives(sh, i, ahead, host, deep);
	_exit(0);
}

int main(void)
{
	struct shared *sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ino_t own = where(getpid());
	long long start = now();
	int i;

	CHECK(sh != MAP_FAILED && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	if (access("/proc/self/timens_offsets", W_OK))
		work_skip("no time namespaces");
	make(sh, 0, 1000000, true);
	make(sh, 1, -start / 2, false);	/* no clock goes below 0 */
	while (__atomic_load_n(&sh->up, __ATOMIC_SEQ_CST) < 3)
		work_sleep(10);

	work_ready();

	CHECK(where(getpid()) != where(sh->in[0]) && where(sh->in[0]) == where(sh->in[2]));
	CHECK(where(sh->in[1]) != where(sh->in[0]) && where(sh->in[1]) != where(getpid()));
	__atomic_store_n(&sh->seen, 1, __ATOMIC_SEQ_CST);
	CHECK(now() >= start && now() < start + 600 && own);
	for (i = 0; i < 2; i++)
		work_join(sh->in[i], 3);
	CHECK_EQ(sh->up, 0);
	CHECK_EQ(sh->wrong, 0);
	work_pass();
}
