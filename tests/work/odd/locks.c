// SPDX-License-Identifier: GPL-2.0-or-later
/* File locks of all kinds, with who waits for them; leases; memfds and their seals. */
#include <linux/memfd.h>
#include <sys/file.h>
#include <pthread.h>

#include "tests/work/odd/odd.h"

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

static struct flock range(int type, off_t start, off_t len)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
}

static int set(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = range(type, start, len);

	return fcntl(fd, cmd, &l);
}

/* As who has none of them sees it: the type of what is in the way, and where it begins. */
static int in_the_way(int fd, off_t at, off_t *start)
{
	struct flock l = range(F_WRLCK, at, 1);
	int st;
	pid_t pid = fork();

	if (!pid) {
		CHECK(fcntl(fd, F_GETLK, &l) == 0);
		_exit(l.l_type == F_UNLCK ? 0 : 1 + l.l_type * 100 + (int)l.l_start);
	}
	CHECK(waitpid(pid, &st, 0) == pid && WIFEXITED(st));
	if (start)
		*start = (WEXITSTATUS(st) - 1) % 100;
	return WEXITSTATUS(st) ? (WEXITSTATUS(st) - 1) / 100 : F_UNLCK;
}

ODD(posix_ranges)
{
	int f = odd_open("f", O_CREAT | O_RDWR), g = odd_open("g", O_CREAT | O_RDWR);
	off_t at;

	CHECK(unlink("g") == 0);
	CHECK(set(f, F_SETLK, F_WRLCK, 10, 10) == 0 && set(f, F_SETLK, F_RDLCK, 40, 5) == 0 && set(f, F_SETLK, F_WRLCK, 90, 0) == 0);
	CHECK(set(g, F_SETLK, F_WRLCK, 3, 4) == 0);
	work_ready();
	CHECK_EQ(in_the_way(f, 15, &at), F_WRLCK);
	CHECK_EQ(at, 10);
	CHECK_EQ(in_the_way(f, 42, &at), F_RDLCK);
	CHECK_EQ(in_the_way(f, 1L << 60, &at), F_WRLCK);
	CHECK_EQ(at, 90);
	CHECK_EQ(in_the_way(f, 30, &at), F_UNLCK);
	CHECK_EQ(in_the_way(g, 5, &at), F_WRLCK);
	close(odd_open("f", O_RDONLY));		/* and so they all end */
	CHECK_EQ(in_the_way(f, 15, &at), F_UNLCK);
}

ODD(ofd_and_flock)
{
	int f = odd_open("f", O_CREAT | O_RDWR), d = dup(f), g = odd_open("f", O_RDWR), h = odd_open("f", O_RDONLY), c;
	int dir = odd_open(".", O_RDONLY | O_DIRECTORY), o = odd_open("/dev/null", O_RDWR);
	pid_t pid;

	(void)o;
	CHECK(set(f, F_OFD_SETLK, F_WRLCK, 0, 5) == 0 && set(g, F_OFD_SETLK, F_RDLCK, 10, 0) == 0);
	CHECK(flock(h, LOCK_SH) == 0 && flock(g, LOCK_SH) == 0 && flock(dir, LOCK_EX) == 0);
	pid = work_fork();
	if (!pid) {
		work_up();
		work_wait();
		CHECK(set(d, F_OFD_SETLK, F_UNLCK, 0, 2) == 0);	/* the description's, not mine */
		_exit(0);
	}
	work_ready();
	work_join(pid, 0);
	CHECK(set(g, F_OFD_SETLK, F_WRLCK, 0, 2) == 0);
	CHECK(set(g, F_OFD_SETLK, F_WRLCK, 2, 2) == -1 && errno == EAGAIN);
	CHECK(set(f, F_OFD_SETLK, F_WRLCK, 100, 1) == -1);
	c = odd_open("f", O_RDWR);
	CHECK(flock(c, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
	CHECK(flock(c, LOCK_SH | LOCK_NB) == 0);
	c = odd_open(".", O_RDONLY | O_DIRECTORY);
	CHECK(flock(c, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK);
}

/* Somebody waits for each kind; the owner lets go after the restore, and they have it. */
static void waiting(int f, int how, int *pid)
{
	int g;

	*pid = work_fork();
	if (*pid)
		return;
	close(f);
	g = odd_open("f", O_RDWR);
	work_up();
	if (how == 0)
		CHECK(set(g, F_SETLKW, F_WRLCK, 0, 10) == 0);
	else if (how == 1)
		CHECK(set(g, F_OFD_SETLKW, F_WRLCK, 20, 10) == 0);
	else
		CHECK(flock(g, LOCK_EX) == 0);
	_exit(10 + how);
}

ODD(waiters)
{
	int f = odd_open("f", O_CREAT | O_RDWR), i;
	pid_t p[3];

	CHECK(set(f, F_SETLK, F_WRLCK, 0, 10) == 0 && set(f, F_OFD_SETLK, F_RDLCK, 20, 10) == 0 && flock(f, LOCK_SH) == 0);
	for (i = 0; i < 3; i++)
		waiting(f, i, &p[i]);
	work_sleep(100);
	work_ready();
	for (i = 0; i < 3; i++)
		CHECK_EQ(waitpid(p[i], NULL, WNOHANG), 0);
	CHECK(set(f, F_SETLK, F_UNLCK, 0, 10) == 0);
	work_join(p[0], 10);
	CHECK(set(f, F_OFD_SETLK, F_UNLCK, 20, 10) == 0);
	work_join(p[1], 11);
	CHECK(flock(f, LOCK_UN) == 0);
	work_join(p[2], 12);
}

ODD(leases)
{
	int r, w = odd_open("w", O_CREAT | O_RDWR);
	struct f_owner_ex own = { F_OWNER_PID, getpid() };

	close(odd_open("r", O_CREAT | O_RDWR));
	r = odd_open("r", O_RDONLY);
	CHECK(fcntl(r, F_SETLEASE, F_RDLCK) == 0 && fcntl(w, F_SETLEASE, F_WRLCK) == 0);
	CHECK(fcntl(r, F_SETSIG, SIGRTMIN) == 0 && fcntl(r, F_SETOWN_EX, &own) == 0);
	sigset_t s;
	siginfo_t si;

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &s, NULL);
	work_ready();
	CHECK_EQ(fcntl(r, F_GETLEASE), F_RDLCK);
	CHECK_EQ(fcntl(w, F_GETLEASE), F_WRLCK);
	pid_t pid = fork();

	if (!pid) {
		alarm(3);
		open("r", O_WRONLY | O_NONBLOCK);
		_exit(0);
	}
	CHECK_EQ(sigwaitinfo(&s, &si), SIGRTMIN);
	CHECK_EQ(si.si_fd, r);
	waitpid(pid, NULL, 0);
}

ODD(memfd_seals)
{
	int a = memfd_create("a b\n", MFD_ALLOW_SEALING), b = memfd_create("", MFD_CLOEXEC), c = memfd_create("future", MFD_ALLOW_SEALING);
	int e = syscall(SYS_memfd_create, "noexec", 8 /* MFD_NOEXEC_SEAL */), w = memfd_create("w", MFD_ALLOW_SEALING), r, x;
	char n[64], l[64], *m, *o, *k;
	struct stat st;

	CHECK(ftruncate(a, 10000) == 0 && ftruncate(c, 8192) == 0 && ftruncate(w, 4096) == 0);
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, c, 0);
	strcpy(m + 4096, "mapped");
	CHECK(fcntl(c, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK) == 0);
	CHECK_EQ(pwrite(a, "a", 1, 9999), 1);
	CHECK(fcntl(a, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW) == 0);
	CHECK_EQ(pwrite(w, "fixed", 5, 0), 5);
	CHECK(fcntl(w, F_ADD_SEALS, F_SEAL_WRITE) == 0);
	o = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, w, 0);
	strcpy(o + 100, "own");
	odd_put(b, "unsealable");
	k = mmap(NULL, 4096, PROT_READ, MAP_SHARED, b, 0);
	sprintf(n, "/proc/self/fd/%d", b);
	r = odd_open(n, O_RDONLY);
	x = odd_open(n, O_PATH);
	work_ready();
	CHECK_EQ(fcntl(a, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_GROW);
	CHECK_EQ(fcntl(b, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_EQ(fcntl(c, F_GET_SEALS), F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK);
	CHECK_EQ(fcntl(w, F_GET_SEALS), F_SEAL_WRITE);
	if (e >= 0) {
		CHECK_EQ(fcntl(e, F_GET_SEALS), F_SEAL_EXEC);
		CHECK(fstat(e, &st) == 0);
		CHECK_EQ(st.st_mode & 0111, 0);
	}
	CHECK_STR(m + 4096, "mapped");
	strcpy(m + 4096, "still");
	CHECK_EQ(pread(c, n, 6, 4096), 6);
	CHECK_STR(n, "still");
	CHECK(pwrite(c, "x", 1, 0) == -1 && errno == EPERM);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, c, 0) == MAP_FAILED);
	CHECK_STR(o, "fixed");
	CHECK_STR(o + 100, "own");
	CHECK_EQ(fcntl(b, F_GETFD), FD_CLOEXEC);
	CHECK(!memcmp(k, "unsealable", 10));
	odd_got(r, "unsealable");
	CHECK(write(r, "x", 1) == -1 && errno == EBADF);
	sprintf(n, "/proc/self/fd/%d", x);
	odd_got(odd_open(n, O_RDONLY), "unsealable");
	l[readlink(n, l, 40)] = 0;
	CHECK_STR(l, "/memfd: (deleted)");
	sprintf(n, "/proc/self/fd/%d", a);
	l[readlink(n, l, 40)] = 0;
	CHECK_STR(l, "/memfd:a b\n (deleted)");
}

/* Mapped and closed, shared with a child; large with holes. */
ODD(memfd_mapped)
{
	int a = memfd_create("m", 0), b = memfd_create("sparse", 0);
	char *m, *p;
	pid_t pid;

	CHECK(ftruncate(a, 20480) == 0 && ftruncate(b, 1L << 34) == 0);
	m = mmap(NULL, 20480, PROT_READ | PROT_WRITE, MAP_SHARED, a, 0);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, a, 8192);
	strcpy(m, "shared");
	strcpy(m + 8192, "under");
	strcpy(p + 4096, "private");
	close(a);
	CHECK_EQ(pwrite(b, "end", 3, (1L << 34) - 3), 3);
	CHECK_EQ(pwrite(b, "middle", 6, 1L << 33), 6);
	pid = work_fork();
	if (!pid) {
		work_up();
		while (strcmp(m + 4096, "from parent"))
			work_sleep(1);
		strcpy(m + 100, "from child");
		_exit(0);
	}
	work_ready();
	CHECK_STR(m, "shared");
	CHECK_STR(p, "under");
	CHECK_STR(p + 4096, "private");
	strcpy(m + 4096, "from parent");
	work_join(pid, 0);
	CHECK_STR(m + 100, "from child");
	struct stat st;

	CHECK(fstat(b, &st) == 0 && st.st_size == 1L << 34 && st.st_blocks < 100);
	CHECK_EQ(pread(b, m, 6, 1L << 33), 6);
	CHECK_EQ(pread(b, m, 6, (1L << 34) - 3), 3);
}

ODD(deadlock_of_two)
{
	/* Threads share POSIX locks; a child does not inherit them. */
	int f = odd_open("f", O_CREAT | O_RDWR);
	pid_t pid;

	CHECK(set(f, F_SETLK, F_WRLCK, 0, 1) == 0);
	pid = work_fork();
	if (!pid) {
		CHECK(set(f, F_SETLK, F_WRLCK, 1, 1) == 0);
		work_up();
		CHECK(set(f, F_SETLKW, F_WRLCK, 0, 1) == 0);
		_exit(4);
	}
	work_sleep(50);
	work_ready();
	work_sleep(500);	/* the freeze has woken the child: who asks last is told */
	CHECK(set(f, F_SETLKW, F_WRLCK, 1, 1) == -1 && errno == EDEADLK);
	CHECK(set(f, F_SETLK, F_UNLCK, 0, 1) == 0);
	work_join(pid, 4);
}
