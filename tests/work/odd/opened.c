// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors in odd states, further: of the dead, the moved, the covered, and of what watches. */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "tests/work/odd/odd.h"

#ifndef F_SET_RW_HINT
#define F_GET_RW_HINT 1035
#define F_SET_RW_HINT 1036
#endif

static void link_of(int fd, char *buf, size_t size)
{
	char name[64];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, buf, size - 1);
	CHECK(n > 0);
	buf[n] = 0;
}

/* A directory and a file of /proc whose process is gone: they are empty, and stay so. */
ODD(proc_of_the_dead)
{
	char n[64], buf[512], was[512], is[512];
	pid_t pid = work_fork();
	int d, f;

	if (!pid) {
		work_up();
		pause();
	}
	sprintf(n, "/proc/%d", pid);
	d = odd_open(n, O_RDONLY | O_DIRECTORY);
	strcat(n, "/stat");
	f = odd_open(n, O_RDONLY);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, NULL, 0) == pid);
	link_of(d, was, sizeof(was));
	work_ready();
	link_of(d, is, sizeof(is));
	CHECK_STR(is, was);
	CHECK(openat(d, "stat", O_RDONLY) == -1 && (errno == ENOENT || errno == ESRCH));
	CHECK(read(f, buf, sizeof(buf)) == -1 && errno == ESRCH);
}

/* A pidfd of a zombie, of one that was waited for, and of a thread (6.9). */
static void *waits(void *tid)
{
	*(pid_t *)tid = syscall(SYS_gettid);
	work_wait();
	return NULL;
}

ODD(pidfds_of_the_dead)
{
	pid_t z = fork(), g, tid = 0;
	struct pollfd p[3];
	siginfo_t si;
	pthread_t t;
	int i;

	if (!z)
		_exit(7);
	g = fork();
	if (!g)
		_exit(8);
	CHECK(waitid(P_PID, z, &si, WEXITED | WNOWAIT) == 0);
	CHECK(pthread_create(&t, NULL, waits, &tid) == 0);
	while (!*(volatile pid_t *)&tid)
		usleep(1000);
	p[0].fd = syscall(SYS_pidfd_open, z, 0);
	p[1].fd = syscall(SYS_pidfd_open, g, 0);
	p[2].fd = syscall(SYS_pidfd_open, tid, O_EXCL);
	CHECK(p[0].fd >= 0 && p[1].fd >= 0);
	CHECK(waitpid(g, NULL, 0) == g);
	if (p[2].fd < 0)
		work_skip("no pidfds of threads");
	work_ready();
	for (i = 0; i < 3; i++)
		p[i].events = POLLIN;
	CHECK(poll(p, 2, 0) == 2 && p[0].revents & POLLIN && p[1].revents & POLLIN);
	CHECK(syscall(SYS_pidfd_send_signal, p[1].fd, 0, NULL, 0) == -1 && errno == ESRCH);
	CHECK(waitid(P_PIDFD, p[0].fd, &si, WEXITED) == 0 && si.si_status == 7 && si.si_pid == z);
	CHECK(pthread_join(t, NULL) == 0);
	CHECK(poll(p + 2, 1, 5000) == 1 && p[2].revents & POLLIN);
}

/* A directory that says what happens in it by a signal (dnotify). */
static volatile int notified;
static void on_notify(int sig, siginfo_t *si, void *uc)
{
	(void)sig;
	(void)uc;
	notified = si->si_fd;
}

ODD(dnotify)
{
	struct sigaction sa = { .sa_sigaction = on_notify, .sa_flags = SA_SIGINFO };
	int d;

	CHECK(mkdir("d", 0700) == 0);
	d = odd_open("d", O_RDONLY | O_DIRECTORY);
	CHECK(sigaction(SIGRTMIN + 3, &sa, NULL) == 0);
	CHECK(fcntl(d, F_SETSIG, SIGRTMIN + 3) == 0);
	if (fcntl(d, F_NOTIFY, 0x4 | 0x80000000L /* DN_CREATE, DN_MULTISHOT */))
		work_skip("no dnotify");
	work_ready();
	close(odd_open("d/x", O_CREAT | O_RDWR));
	CHECK_EQ(notified, d);
}

/* Its current directory is not below its root. */
ODD(outside_its_root)
{
	char buf[256];
	struct stat a, b;
	int up;

	CHECK(mkdir("jail", 0700) == 0 && mkdir("jail/in", 0700) == 0);
	up = odd_open("..", O_RDONLY | O_DIRECTORY);
	CHECK(fstat(up, &a) == 0);
	CHECK(chroot("jail") == 0);
	CHECK(stat("in", &b) == -1);		/* still outside */
	/* work_ready() waits for a file that this root does not have */
	CHECK(write(1, "ready\n", 6) == 6);
	while (access(getenv("CRFS_GO") ? "../go" : "", F_OK))
		usleep(10000);
	CHECK(stat("..", &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	CHECK(syscall(SYS_getcwd, buf, sizeof(buf)) > 0);
	CHECK(!strncmp(buf, "(unreachable)", 13));
	CHECK(access("/in", X_OK) == 0);
}

/* A symlink, a socket and a FIFO as such (O_PATH); a directory that cannot be read, by its path alone. */
ODD(paths_alone)
{
	char buf[64] = "";
	struct stat st;
	int l, f, d;

	CHECK(symlink("nowhere", "l") == 0 && mkfifo("p", 0600) == 0 && mkdir("d", 0) == 0);
	l = open("l", O_PATH | O_NOFOLLOW);
	f = open("p", O_PATH);
	d = open("d", O_PATH | O_DIRECTORY);
	CHECK(l >= 0 && f >= 0 && d >= 0);
	work_ready();
	CHECK(readlinkat(l, "", buf, sizeof(buf) - 1) == 7);
	CHECK_STR(buf, "nowhere");
	CHECK(fstat(f, &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK(fstat(d, &st) == 0 && S_ISDIR(st.st_mode) && !(st.st_mode & 0777));
	CHECK(fcntl(l, F_GETFL) == (O_PATH | O_NOFOLLOW) && fcntl(d, F_GETFL) == (O_PATH | O_DIRECTORY));
}

/* Watches follow what was moved; one that is there once, and one for a directory that lost a name. */
ODD(inotify_of_the_moved)
{
	char buf[4096] __attribute__((aligned(8)));
	struct inotify_event *e = (void *)buf;
	int in = inotify_init1(IN_NONBLOCK), w, v;

	CHECK(mkdir("a", 0700) == 0 && mkdir("b", 0700) == 0);
	close(odd_open("a/f", O_CREAT | O_RDWR));
	w = inotify_add_watch(in, "a/f", IN_ATTRIB | IN_CLOSE_WRITE);
	v = inotify_add_watch(in, "b", IN_CREATE | IN_ONLYDIR | IN_EXCL_UNLINK | IN_ONESHOT);
	CHECK(rename("a/f", "b/g") == 0 && rename("b", "c") == 0 && rmdir("a") == 0);
	while (read(in, buf, sizeof(buf)) > 0)
		;
	v = inotify_add_watch(in, "c", IN_CREATE | IN_ONLYDIR | IN_ONESHOT);
	work_ready();
	CHECK(chmod("c/g", 0640) == 0);
	CHECK(read(in, buf, sizeof(buf)) > 0 && e->wd == w && e->mask == IN_ATTRIB);
	CHECK(mkdir("c/x", 0700) == 0);
	CHECK(read(in, buf, sizeof(buf)) > 0 && e->wd == v && e->mask == (IN_CREATE | IN_ISDIR));
	CHECK_STR(e->name, "x");
	CHECK(mkdir("c/y", 0700) == 0);
	CHECK(read(in, buf, sizeof(buf)) == -1 && errno == EAGAIN);
}

/* /proc/self in all its forms: memory to be written to, tables read to the middle, what was half written. */
ODD(proc_self)
{
	static char word[16] = "before";
	char a[100], b[100], rest[8192];
	int mem = odd_open("/proc/self/mem", O_RDWR), maps = odd_open("/proc/self/maps", O_RDONLY);
	int score = odd_open("/proc/self/oom_score_adj", O_RDWR), fds = odd_open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
	int task = odd_open("/proc/thread-self/comm", O_RDWR), st = odd_open("/proc/self/status", O_RDONLY);
	ssize_t n;

	CHECK(lseek(mem, (off_t)(uintptr_t)word, SEEK_SET) == (off_t)(uintptr_t)word);
	CHECK(read(maps, a, sizeof(a)) == sizeof(a));
	CHECK(read(st, a, 30) == 30);
	CHECK(write(score, "77", 2) == 2);
	work_ready();
	CHECK(write(mem, "after", 6) == 6);
	CHECK_STR(word, "after");
	CHECK(pread(score, b, 3, 0) == 3 && !memcmp(b, "77\n", 3));
	CHECK(lseek(st, 0, SEEK_CUR) == 30);
	n = read(maps, rest, sizeof(rest));
	CHECK(n > 0 && lseek(maps, 0, SEEK_CUR) > 100);
	CHECK(faccessat(fds, "0", F_OK, 0) == 0 && faccessat(fds, "3", F_OK, 0) == 0);
	CHECK(write(task, "named", 5) == 5 && prctl(PR_GET_NAME, b) == 0);
	CHECK_STR(b, "named");
}

/* Locks of a family: POSIX ones are a process's own; flock(2) and OFD ones go with the description. */
ODD(locks_of_a_family)
{
	struct flock w = { .l_type = F_WRLCK, .l_start = 0, .l_len = 10 }, o = { .l_type = F_WRLCK, .l_start = 100, .l_len = 10 }, q;
	int f = odd_open("f", O_CREAT | O_RDWR), g = odd_open("g", O_CREAT | O_RDWR), h;
	pid_t kid;
	int done[2];
	char c;

	CHECK(pipe(done) == 0);
	CHECK(fcntl(f, F_SETLK, &w) == 0 && fcntl(f, F_OFD_SETLK, &o) == 0 && flock(g, LOCK_EX) == 0);
	kid = work_fork();
	if (!kid) {
		struct flock mine = { .l_type = F_RDLCK, .l_start = 50, .l_len = 5 };

		CHECK(fcntl(f, F_SETLK, &mine) == 0);
		work_up();
		work_wait();
		q = w;
		CHECK(fcntl(f, F_GETLK, &q) == 0 && q.l_type == F_WRLCK && q.l_pid == getppid());
		q = (struct flock){ .l_type = F_WRLCK, .l_start = 100, .l_len = 10 };
		CHECK(fcntl(f, F_OFD_GETLK, &q) == 0 && q.l_type == F_UNLCK);	/* ours, too */
		CHECK(flock(g, LOCK_EX | LOCK_NB) == 0);
		CHECK(read(done[0], &c, 1) == 1);
		_exit(0);
	}
	close(g);
	work_ready();
	q = (struct flock){ .l_type = F_WRLCK, .l_start = 50, .l_len = 5 };
	CHECK(fcntl(f, F_GETLK, &q) == 0 && q.l_type == F_RDLCK && q.l_pid == kid);
	h = odd_open("g", O_RDWR);
	CHECK(flock(h, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
	odd_put(done[1], "x");
	work_join(kid, 0);
	CHECK(flock(h, LOCK_EX | LOCK_NB) == 0);
	h = odd_open("f", O_RDWR);
	q = (struct flock){ .l_type = F_WRLCK, .l_start = 100, .l_len = 1 };
	CHECK(fcntl(h, F_OFD_GETLK, &q) == 0 && q.l_type == F_WRLCK && q.l_pid == -1);
}

/* Timers as descriptors that are to be told of changes of the clock; one that has run out several times. */
ODD(timerfd_cancels)
{
	struct itimerspec far = { .it_value = { 4000000000, 5 } }, often = { { 0, 20000000 }, { 0, 20000000 } }, is;
	int t = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), n = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
	uint64_t k;

	CHECK(timerfd_settime(t, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL) == 0);
	CHECK(timerfd_settime(n, 0, &often, NULL) == 0);
	usleep(150000);
	work_ready();
	CHECK(timerfd_gettime(t, &is) == 0);
	CHECK(is.it_value.tv_sec + time(NULL) >= 3999999998 && is.it_value.tv_sec + time(NULL) <= 4000000001);
	CHECK(read(t, &k, 8) == -1 && errno == EAGAIN);
	CHECK(read(n, &k, 8) == 8 && k >= 7);
	CHECK(timerfd_gettime(n, &is) == 0 && is.it_interval.tv_nsec == 20000000 && is.it_value.tv_nsec <= 20000000);
}

/* What was said of how long data will live stays with the file, linked or not. */
ODD(write_hints)
{
	uint64_t h = 4 /* RWH_WRITE_LIFE_LONG */, is = 0;
	int a = odd_open("a", O_CREAT | O_RDWR), b = odd_open("b", O_CREAT | O_RDWR);

	if (fcntl(a, F_SET_RW_HINT, &h))
		work_skip("no write hints");
	CHECK(fcntl(b, F_SET_RW_HINT, &h) == 0);
	CHECK(unlink("b") == 0);
	work_ready();
	CHECK(fcntl(a, F_GET_RW_HINT, &is) == 0 && is == h);
}

/* A directory of a tmpfs, of many entries, read to the middle; others came and went meanwhile. */
ODD(half_read_directory)
{
	bool seen[600] = { false };
	struct dirent *e;
	char n[32];
	DIR *d;
	int i;

	CHECK(unshare(CLONE_NEWNS) == 0 && mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mkdir("t", 0700) == 0 && mount("t", "t", "tmpfs", 0, NULL) == 0);
	for (i = 0; i < 600; i++) {
		sprintf(n, "t/%d", i);
		close(odd_open(n, O_CREAT | O_RDWR));
	}
	d = opendir("t");
	for (i = 0; i < 100 && (e = readdir(d)); i++)
		if (*e->d_name != '.')
			seen[atoi(e->d_name)] = true;
	for (i = 0; i < 600; i += 50) {
		sprintf(n, "t/%d", i);
		unlink(n);
	}
	work_ready();
	while ((e = readdir(d)))
		if (*e->d_name != '.')
			seen[atoi(e->d_name)] = true;
	for (i = 0; i < 600; i++)
		CHECK(seen[i] || i % 50 == 0);
}

/* Open for writing on what is a read-only mount by now, and below a mount that covers it. */
/* @at is above @dir, and before it in the alphabet */
static void overlay_of(const char *dir, const char *at)
{
	char options[3 * 4096 + 100];

	CHECK(mkdir("lower", 0755) == 0 && mkdir("upper", 0755) == 0 && mkdir("work", 0755) == 0);
	odd_put(odd_open("lower/kept", O_CREAT | O_RDWR), "below");
	odd_put(odd_open("lower/gone", O_CREAT | O_RDWR), "below");
	snprintf(options, sizeof(options), "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", dir, dir, dir);
	CHECK(mkdir(at, 0755) == 0);
	if (mount("overlay", at, "overlay", MS_NOSUID, options))
		work_skip("no overlay of these");
}

/* Its own, of directories of the machine; @tmpfs: of a tmpfs that is its own as well */
static void own_overlay(bool tmpfs)
{
	char dir[2048];
	int f;

	CHECK(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mkdir("layers", 0755) == 0);
	if (tmpfs)
		CHECK(mount("layers", "layers", "tmpfs", 0, NULL) == 0);
	CHECK(chdir("layers") == 0 && getcwd(dir, sizeof(dir)));
	overlay_of(dir, "../all");
	CHECK(chdir("..") == 0);
	f = odd_open("all/kept", O_RDWR | O_APPEND);
	odd_put(f, "+above");
	CHECK(unlink("all/gone") == 0);
	work_ready();
	odd_put(f, ".");
	odd_got(odd_open("all/kept", O_RDONLY), "below+above.");
	odd_got(odd_open("layers/upper/kept", O_RDONLY), "below+above.");
	odd_got(odd_open("layers/lower/kept", O_RDONLY), "below");
	CHECK(access("all/gone", F_OK) && access("layers/lower/gone", F_OK) == 0);
	odd_put(odd_open("all/new", O_CREAT | O_RDWR), "new");
	odd_got(odd_open("layers/upper/new", O_RDONLY), "new");
}

ODD(own_overlay_of_dirs)
{
	own_overlay(false);
}

ODD(own_overlay_of_tmpfs)
{
	own_overlay(true);
}

ODD(remounted_read_only)
{
	int f;

	CHECK(unshare(CLONE_NEWNS) == 0 && mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mkdir("t", 0700) == 0 && mount("t", "t", "tmpfs", 0, NULL) == 0);
	f = odd_open("t/f", O_CREAT | O_RDONLY);
	CHECK(mount("t", "t", NULL, MS_REMOUNT | MS_RDONLY | MS_NOEXEC, NULL) == 0);
	work_ready();
	CHECK(open("t/g", O_CREAT | O_RDWR, 0600) == -1 && errno == EROFS);
	CHECK(fcntl(f, F_GETFL) >= 0 && access("t/f", F_OK) == 0);
}

/* An overlay (m): a lower file, one copied up when it was opened, one that is gone, a whiteout. */
ODD(overlay)
{
	int low, up, gone;
	char *m;

	if (access("m/a", F_OK))
		work_skip("nobody has mounted an overlay at m");
	low = odd_open("m/a", O_RDONLY);
	odd_got(low, "lower text");
	up = odd_open("m/b", O_RDWR);
	odd_put(up, "UPPER");
	gone = odd_open("m/c", O_RDWR);
	odd_put(gone, "gone");
	CHECK(unlink("m/c") == 0 && unlink("m/d") == 0);
	m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, low, 0);
	CHECK(m != MAP_FAILED);
	m[0] = 'L';
	work_ready();
	CHECK(!memcmp(m, "Lower text", 10));
	CHECK(lseek(low, 0, SEEK_CUR) == 10);
	odd_got(up, " text");
	odd_got(gone, "r text");
	CHECK(access("m/d", F_OK) == -1 && access("m/c", F_OK) == -1);
	CHECK(lseek(up, 0, SEEK_SET) == 0);
	odd_got(up, "UPPER text");
}
