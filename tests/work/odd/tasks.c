// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks in odd states: leaders that are gone, families that are not, what prctl(2) and clone(2) leave behind. */
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <ucontext.h>

#include "tests/work/odd/odd.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

static void *first_thread_gone(void *arg)
{
	char buf[4096] = "";
	pid_t child;
	int fd;

	CHECK(pthread_join(*(pthread_t *)arg, NULL) == 0);
	child = work_fork();
	if (!child) {
		work_up();
		work_wait();
		_exit(4);
	}
	work_ready();
	fd = odd_open("/proc/self/stat", O_RDONLY);
	CHECK(read(fd, buf, sizeof(buf) - 1) > 0);
	CHECK(!strncmp(strrchr(buf, ')') + 2, "Z ", 2));
	CHECK(syscall(SYS_gettid) != getpid());
	work_join(child, 4);
	work_pass();
}

ODD(leader_exited)
{
	static pthread_t me, t;

	me = pthread_self();
	CHECK(prctl(PR_SET_NAME, "gone") == 0);
	CHECK(pthread_create(&t, NULL, first_thread_gone, &me) == 0);
	pthread_exit(NULL);
}

static void *execs(void *arg)
{
	char *const argv[] = { "self", arg, "again", NULL };

	execv("/proc/self/exe", argv);
	return NULL;
}

static void *just_waits(void *arg)
{
	work_wait();
	return arg;
}

/* A thread that is not the first has called execve(2): it has become the first, and its old number is free. */
ODD(exec_by_thread)
{
	static char name[] = "exec_by_thread";
	pthread_t t;

	if (!getenv("AGAIN")) {
		CHECK(setenv("AGAIN", "1", 1) == 0);
		CHECK(pthread_create(&t, NULL, just_waits, NULL) == 0);
		CHECK(pthread_create(&t, NULL, execs, name) == 0);
		pause();
	}
	CHECK_EQ(syscall(SYS_gettid), getpid());
	work_ready();
	CHECK_EQ(syscall(SYS_gettid), getpid());
}

/* A session and groups whose leaders are no more, and one whose leader nobody has waited for. */
ODD(leaders_dead)
{
	int *ids = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t a = fork(), b;
	int i;

	if (!a) {			/* the leader of a session, in which two groups outlive it */
		setsid();
		for (i = 0; i < 4; i++) {
			b = fork();
			if (!b) {
				if (i & 1)
					setpgid(0, i == 1 ? 0 : ids[1]);
				ids[i] = getpid();
				if (i == 1) {
					while (!ids[3])
						usleep(1000);
					_exit(0);
				}
				ids[4 + i] = getpgrp();
				ids[10]++;
				work_wait();
				if (getsid(0) != getppid() && getsid(0) == ids[8] && getpgrp() == ids[4 + i])
					ids[9]++;
				_exit(0);
			}
			while (!ids[i])
				usleep(1000);
		}
		ids[8] = getpid();
		while (ids[10] < 3)
			usleep(1000);
		_exit(0);
	}
	b = fork();
	if (!b) {			/* this one leads a group, with a child in it, and becomes a zombie */
		setpgid(0, 0);
		if (!fork()) {
			ids[11] = getpgrp();
			work_wait();
			ids[12] = getpgrp();
			_exit(0);
		}
		while (!ids[11])
			usleep(1000);
		_exit(33);
	}
	CHECK(waitpid(a, NULL, 0) == a);
	work_ready();
	usleep(300000);
	CHECK_EQ(ids[9], 3);
	CHECK_EQ(ids[11], b);
	CHECK_EQ(ids[12], b);
	work_join(b, 33);
}

/* Who adopts: a subreaper in the middle, whose grandchildren came to it, and one below that. */
ODD(subreapers)
{
	int *seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t reaper = work_fork();
	int n = 0, set = 0;

	if (!reaper) {
		CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
		if (!fork()) {
			if (!fork()) {
				while (getppid() != getpgrp() && !seen[0])
					usleep(1000);
				work_wait();
				seen[1] = getppid();
				_exit(5);
			}
			_exit(6);
		}
		work_up();
		work_wait();
		CHECK(prctl(PR_GET_CHILD_SUBREAPER, &set) == 0 && set == 1);
		for (int st; wait(&st) > 0; n += WEXITSTATUS(st))
			;
		_exit(n == 11 && seen[1] == getpid() ? 0 : 1);
	}
	usleep(100000);
	seen[0] = 1;
	work_ready();
	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &set) == 0 && !set);
	work_join(reaper, 0);
}

static int cloned(unsigned long flags, int sig)
{
	struct clone_args ca = { .flags = flags, .exit_signal = sig };

	return syscall(SYS_clone3, &ca, sizeof(ca));
}

/* Children that say their end with another signal, or with none, and are waited for with __WCLONE. */
ODD(exit_signals)
{
	static const int sigs[] = { 0, SIGUSR1, 64, SIGCHLD, SIGWINCH };
	int st, i;
	pid_t p[5];
	sigset_t s;

	sigfillset(&s);
	CHECK(sigprocmask(SIG_BLOCK, &s, NULL) == 0);
	signal(SIGWINCH, SIG_IGN);
	for (i = 0; i < 5; i++) {
		p[i] = cloned(0, sigs[i]);
		if (!p[i]) {
			work_wait();
			_exit(10 + i);
		}
		CHECK(p[i] > 0);
	}
	work_ready();
	for (i = 0; i < 5; i++) {
		if (sigs[i] != SIGCHLD)
			CHECK(waitpid(p[i], &st, 0) == -1 && errno == ECHILD);
		CHECK(waitpid(p[i], &st, sigs[i] == SIGCHLD ? 0 : __WCLONE) == p[i]);
		CHECK_EQ(WEXITSTATUS(st), 10 + i);
	}
	CHECK(sigpending(&s) == 0);
	CHECK(sigismember(&s, SIGUSR1) && sigismember(&s, SIGCHLD) && sigismember(&s, 64));
}

/* Processes that share a part: the memory and no more, the descriptors, the directory. */
static int writes_word(void *word)
{
	while (!work_told())
		usleep(1000);
	*(atomic_int *)word = 77;
	_exit(1);
}

ODD(shared_in_parts)
{
	static char stack[65536] __attribute__((aligned(16)));
	static atomic_int word;
	int fd, i, st;
	pid_t p[3];

	CHECK(mkdir("sub", 0700) == 0);
	p[0] = clone(writes_word, stack + sizeof(stack), CLONE_VM | SIGCHLD, &word);
	p[1] = cloned(CLONE_FILES, SIGCHLD);
	if (!p[1]) {
		work_wait();
		fd = odd_open("made", O_CREAT | O_WRONLY);
		CHECK(dup2(fd, 99) == 99);
		_exit(2);
	}
	p[2] = cloned(CLONE_FS, SIGCHLD);
	if (!p[2]) {
		work_wait();
		CHECK(chdir("sub") == 0);
		umask(0123);
		_exit(3);
	}
	work_ready();
	for (i = 0; i < 3; i++) {
		CHECK(waitpid(p[i], &st, 0) == p[i]);
		CHECK_EQ(WEXITSTATUS(st), i + 1);
	}
	CHECK_EQ(word, 77);
	CHECK(fcntl(99, F_GETFD) == 0);
	CHECK(access("../sub", X_OK) == 0);
	CHECK_EQ(umask(0), 0123);
}

/* A sibling made with CLONE_PARENT, and a child of a thread, for which only that thread would wait. */
static void *has_a_child(void *arg)
{
	pid_t *p = arg;
	int st;

	p[0] = fork();
	if (!p[0]) {
		work_wait();
		_exit(8);
	}
	p[1] = 1;
	work_wait();
	CHECK(waitpid(p[0], &st, __WNOTHREAD) == p[0]);
	CHECK_EQ(WEXITSTATUS(st), 8);
	return NULL;
}

ODD(whose_child)
{
	volatile pid_t ids[2] = { 0 };
	pid_t *made = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_t t;
	pid_t a = work_fork(), sibling;

	if (!a) {
		sibling = cloned(CLONE_PARENT, 0);
		if (!sibling) {
			work_wait();
			_exit(12);
		}
		*made = sibling;
		work_up();
		work_wait();
		_exit(11);
	}
	CHECK(pthread_create(&t, NULL, has_a_child, (void *)ids) == 0);
	while (!ids[1])
		usleep(1000);
	work_ready();
	CHECK(waitpid(ids[0], NULL, __WNOTHREAD | WNOHANG) == -1 && errno == ECHILD);
	work_join(a, 11);
	work_join(*made, 12);
	CHECK(pthread_join(t, NULL) == 0);
}

/* Stopped, and told to the parent or not; in a stopped group that is orphaned by nobody. */
ODD(stops_told_or_not)
{
	siginfo_t si;
	pid_t p[3];
	int i, st;

	for (i = 0; i < 3; i++) {
		p[i] = fork();
		if (!p[i]) {
			setpgid(0, 0);		/* SIGTSTP is nothing in an orphaned group */
			raise(i == 2 ? SIGTSTP : SIGSTOP);
			_exit(20 + i);
		}
	}
	CHECK(waitpid(p[0], &st, WUNTRACED) == p[0]);		/* told, and so not again */
	for (i = 1; i < 3; i++)
		CHECK(waitid(P_PID, p[i], &si, WSTOPPED | WNOWAIT) == 0);
	work_ready();
	CHECK_EQ(waitpid(p[0], &st, WUNTRACED | WNOHANG), 0);
	CHECK_EQ(waitpid(p[1], &st, WUNTRACED | WNOHANG), p[1]);
	CHECK_EQ(WSTOPSIG(st), SIGSTOP);
	CHECK_EQ(waitpid(p[2], &st, WUNTRACED | WNOHANG), p[2]);
	CHECK_EQ(WSTOPSIG(st), SIGTSTP);
	for (i = 0; i < 3; i++) {
		kill(p[i], SIGCONT);
		CHECK(waitpid(p[i], &st, 0) == p[i]);
		CHECK_EQ(WEXITSTATUS(st), 20 + i);
	}
}

/* All that prctl(2) can be asked for. */
ODD(prctl_values)
{
	char name[16] = "a\n(b) \xff/c";
	char got[16];
	int before[8], after[8], i;

	CHECK(prctl(PR_SET_NAME, name) == 0);
	CHECK(prctl(PR_SET_TIMERSLACK, 123456) == 0);
	CHECK(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0) == 0);
	CHECK(!prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) || errno == EPERM);		/* CAP_SYS_RESOURCE */
	CHECK(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == 0);
	CHECK(prctl(PR_SET_TSC, PR_TSC_ENABLE) == 0);
	CHECK(prctl(PR_SET_SECUREBITS, 0x8 | 0x4) == 0);
	CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_DUMPABLE, 0) == 0);
	CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR2) == 0);
	CHECK(!prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) || errno == EINVAL);	/* Linux 6.3 */
#define ALL(v) do { \
		v[0] = prctl(PR_GET_TIMERSLACK); \
		v[1] = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0); \
		v[2] = prctl(PR_MCE_KILL_GET, 0, 0, 0, 0); \
		v[3] = prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0); \
		v[4] = prctl(PR_GET_SECUREBITS); \
		v[5] = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); \
		v[6] = prctl(PR_GET_DUMPABLE); \
		v[7] = prctl(PR_GET_MDWE, 0, 0, 0, 0); \
	} while (0)
	ALL(before);
	work_ready();
	ALL(after);
	for (i = 0; i < 8; i++)
		CHECK_EQ(after[i], before[i]);
	CHECK(prctl(PR_GET_NAME, got) == 0 && !strcmp(got, name));
	CHECK_EQ(prctl(PR_GET_KEEPCAPS), 1);
	CHECK(prctl(PR_GET_PDEATHSIG, &i) == 0 && i == SIGUSR2);
	CHECK(prctl(PR_GET_TSC, &i) == 0 && i == PR_TSC_ENABLE);
	if (before[7] == PR_MDWE_REFUSE_EXEC_GAIN)
		CHECK(mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

/* A task that must not read the time stamp counter, and one for which cpuid faults. */
static atomic_int faults;
static void skip_insn(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)si;
	faults++;
	((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] += 2;
}

ODD(tsc_forbidden)
{
	struct sigaction sa = { .sa_sigaction = skip_insn, .sa_flags = SA_SIGINFO };
	int v, kept;

	CHECK(sigaction(SIGSEGV, &sa, NULL) == 0);
	CHECK(prctl(PR_SET_TSC, PR_TSC_SIGSEGV) == 0);
	__asm__ volatile("rdtsc" : : : "eax", "edx");
	kept = faults;			/* none in a virtual machine that forbids nothing */
	while (access(getenv("CRFS_GO"), F_OK)) {	/* the vdso's clock would read it */
		static int said;

		if (!said++)
			CHECK(write(1, "ready\n", 6) == 6);
		syscall(SYS_poll, NULL, 0, 5);
	}
	__asm__ volatile("rdtsc" : : : "eax", "edx");
	CHECK_EQ(faults, 2 * kept);
	CHECK(prctl(PR_GET_TSC, &v) == 0 && v == PR_TSC_SIGSEGV);
	CHECK(prctl(PR_SET_TSC, PR_TSC_ENABLE) == 0);
}

ODD(personalities)
{
	static const unsigned long p[] = { ADDR_NO_RANDOMIZE, ADDR_COMPAT_LAYOUT | STICKY_TIMEOUTS, UNAME26 | WHOLE_SECONDS,
					   READ_IMPLIES_EXEC | MMAP_PAGE_ZERO, 0x0008 | 0x4000000 };
	pid_t c[5];
	void *m;
	int i;

	for (i = 0; i < 5; i++) {
		c[i] = work_fork();
		if (!c[i]) {
			CHECK(personality(p[i]) >= 0);
			work_up();
			work_wait();
			CHECK_EQ(personality(0xffffffff), p[i]);
			m = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			CHECK(m != MAP_FAILED);
			CHECK_EQ(!strcmp(work_field("/proc/self/status", "Pid"), ""), 0);
			_exit(i);
		}
	}
	work_ready();
	for (i = 0; i < 5; i++)
		work_join(c[i], i);
}

/* It dumps core as its limit and its filter say, and whoever waits is told. */
ODD(core_of_the_restored)
{
	struct rlimit l = { RLIM_INFINITY, RLIM_INFINITY };
	char pattern[8] = "";
	pid_t p;
	int st, fd = odd_open("/proc/sys/kernel/core_pattern", O_RDONLY);

	CHECK(read(fd, pattern, 7) > 0);
	close(fd);
	if (strcmp(pattern, "core\n"))
		work_skip("cores go elsewhere");
	CHECK(setrlimit(RLIMIT_CORE, &l) == 0);
	p = work_fork();
	if (!p) {
		work_up();
		work_wait();
		abort();
	}
	work_ready();
	CHECK(waitpid(p, &st, 0) == p);
	CHECK(WIFSIGNALED(st) && WTERMSIG(st) == SIGABRT);
	CHECK(WCOREDUMP(st));
	CHECK(access("core", R_OK) == 0 || access(".", R_OK) == 0);
}

/* Threads whose ids, capabilities and groups are not those of the others, as only system calls make them. */
static atomic_int creds_up;
static void *own_creds(void *arg)
{
	long n = (long)arg;
	gid_t g[3] = { 1000 + n, 5, 4000000000U };
	gid_t got[8];
	unsigned int r, e, s;

	CHECK(syscall(SYS_setgroups, n, g) == 0);
	CHECK(syscall(SYS_setresgid, n + 1, n + 2, n + 3) == 0);
	CHECK(syscall(SYS_setfsgid, n + 1) >= 0);
	CHECK(syscall(SYS_setresuid, 100 + n, n == 2 ? 0 : 200 + n, 300 + n) == 0);
	CHECK(syscall(SYS_setfsuid, 100 + n) >= 0);
	creds_up++;
	work_wait();
	CHECK_EQ(syscall(SYS_getgroups, 8, got), n);
	CHECK(!memcmp(g, got, 0) && (n < 3 || got[2] == 4000000000U));
	CHECK(syscall(SYS_getresgid, &r, &e, &s) == 0);
	CHECK(r == n + 1 && e == n + 2 && s == n + 3);
	CHECK_EQ(syscall(SYS_setfsgid, -1), n + 1);
	CHECK(syscall(SYS_getresuid, &r, &e, &s) == 0);
	CHECK(r == 100 + n && e == (n == 2 ? 0 : 200 + n) && s == 300 + n);
	CHECK_EQ(syscall(SYS_setfsuid, -1), 100 + n);
	return NULL;
}

ODD(ids_per_thread)
{
	pthread_t t[4];
	long i;

	for (i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, own_creds, (void *)i) == 0);
	while (creds_up < 4)
		usleep(1000);
	work_ready();
	for (i = 0; i < 4; i++)
		CHECK(pthread_join(t[i], NULL) == 0);
	CHECK_EQ(geteuid(), 0);
}
