// SPDX-License-Identifier: GPL-2.0-or-later
/* eventfd, epoll, timerfd, signalfd, inotify, pidfd in odd states. */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <poll.h>

#include "tests/work/odd/odd.h"

static uint64_t get(int fd)
{
	uint64_t v = 0;

	CHECK_EQ(read(fd, &v, 8), 8);
	return v;
}

static void put(int fd, uint64_t v)
{
	CHECK_EQ(write(fd, &v, 8), 8);
}

ODD(eventfd_kinds)
{
	int sem = eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK), big = eventfd(0, EFD_NONBLOCK), z = eventfd(0, EFD_CLOEXEC);
	int d = dup(sem);
	uint64_t v = UINT64_MAX - 1;

	put(big, v);
	work_ready();
	CHECK_EQ(get(sem), 1);
	CHECK_EQ(get(d), 1);
	CHECK_EQ(get(sem), 1);
	CHECK(read(sem, &v, 8) == -1 && errno == EAGAIN);
	v = 1;
	CHECK(write(big, &v, 8) == -1 && errno == EAGAIN);
	CHECK(get(big) == UINT64_MAX - 1);
	put(z, 5);
	CHECK_EQ(get(z), 5);
}

static void *blocked_get(void *fd)
{
	return (void *)(long)get((int)(long)fd);
}

static void *blocked_put(void *fd)
{
	put((int)(long)fd, 10);
	return NULL;
}

ODD(eventfd_blocked)
{
	int a = eventfd(0, 0), b = eventfd(0, 0);
	pthread_t t, u;
	void *v;

	put(b, UINT64_MAX - 5);
	CHECK(pthread_create(&t, NULL, blocked_get, (void *)(long)a) == 0);
	CHECK(pthread_create(&u, NULL, blocked_put, (void *)(long)b) == 0);
	work_sleep(50);
	work_ready();
	put(a, 7);
	CHECK(pthread_join(t, &v) == 0 && (long)v == 7);
	CHECK(get(b) == UINT64_MAX - 5);
	CHECK(pthread_join(u, NULL) == 0);
	CHECK_EQ(get(b), 10);
}

static void add(int ep, int fd, uint32_t ev, uint64_t data)
{
	struct epoll_event e = { ev, { .u64 = data } };

	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0);
}

/* epoll_is() - the events that are there now, in no order, are these */
static int epoll_count(int ep, uint64_t *sum)
{
	struct epoll_event e[64];
	int n = epoll_wait(ep, e, 64, 0), i;

	CHECK(n >= 0);
	*sum = 0;
	for (i = 0; i < n; i++)
		*sum += e[i].data.u64;
	return n;
}

ODD(epoll_flags)
{
	int ep = epoll_create1(0), p[2], q[2], et, os, ex, lt;
	uint64_t sum;

	CHECK(pipe(p) == 0 && pipe(q) == 0);
	et = eventfd(1, 0);
	os = eventfd(1, 0);
	ex = eventfd(1, 0);
	lt = eventfd(1, 0);
	add(ep, et, EPOLLIN | EPOLLET, 1);
	add(ep, os, EPOLLIN | EPOLLONESHOT, 10);
	add(ep, ex, EPOLLIN | EPOLLEXCLUSIVE, 100);
	add(ep, lt, EPOLLIN, 1000);
	add(ep, p[0], EPOLLIN | EPOLLRDHUP | EPOLLPRI, 10000);
	add(ep, q[1], EPOLLOUT | EPOLLET, 100000);
	CHECK_EQ(epoll_count(ep, &sum), 5);
	CHECK_EQ(sum, 101111);
	CHECK_EQ(epoll_count(ep, &sum), 2);
	work_ready();
	CHECK(epoll_count(ep, &sum) >= 2);	/* edge-triggered ones may say again what is there */
	CHECK_EQ(epoll_count(ep, &sum), 2);
	CHECK_EQ(sum, 1100);
	put(et, 1);
	odd_put(p[1], "x");
	CHECK_EQ(epoll_count(ep, &sum), 4);
	CHECK_EQ(sum, 11101);
	put(os, 1);
	CHECK_EQ(epoll_count(ep, &sum), 3);
	struct epoll_event e = { EPOLLIN | EPOLLONESHOT, { .u64 = 7 } };

	CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, os, &e) == 0);
	CHECK_EQ(epoll_count(ep, &sum), 4);
	CHECK_EQ(sum, 11107);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, et, &e) == -1 && errno == EEXIST);
	CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, ex, &e) == -1 && errno == EINVAL);
}

ODD(epoll_nested)
{
	int a = epoll_create1(EPOLL_CLOEXEC), b = epoll_create1(0), c = epoll_create1(0), d = epoll_create1(0), ev = eventfd(0, 0);
	uint64_t sum;

	add(a, b, EPOLLIN, 1);
	add(b, c, EPOLLIN | EPOLLET, 2);
	add(c, d, EPOLLIN, 3);
	add(d, ev, EPOLLIN, 4);
	add(a, ev, EPOLLIN, 5);
	work_ready();
	CHECK_EQ(epoll_count(a, &sum), 0);
	put(ev, 1);
	CHECK_EQ(epoll_count(a, &sum), 2);
	CHECK_EQ(sum, 6);
	CHECK_EQ(epoll_count(b, &sum), 1);
	CHECK_EQ(epoll_count(c, &sum), 1);
	CHECK_EQ(epoll_count(d, &sum), 1);
	get(ev);
	CHECK_EQ(epoll_count(a, &sum), 0);
}

/* Numbers that are closed, or other files by now, of descriptions that live on. */
ODD(epoll_closed_numbers)
{
	int ep = epoll_create1(0), a = eventfd(0, 0), b, c, d;
	uint64_t sum;

	b = dup(a);
	c = eventfd(0, 0);
	add(ep, a, EPOLLIN, 1);
	add(ep, b, EPOLLIN, 2);
	add(ep, c, EPOLLIN, 3);
	d = dup(c);
	close(c);
	CHECK_EQ(dup2(a, c), c);	/* its number is a's now */
	close(a);
	work_ready();
	CHECK_EQ(epoll_count(ep, &sum), 0);
	put(b, 1);
	CHECK_EQ(epoll_count(ep, &sum), 2);
	CHECK_EQ(sum, 3);
	get(b);
	put(d, 1);
	CHECK_EQ(epoll_count(ep, &sum), 1);
	CHECK_EQ(sum, 3);
	/* Only c's own number would remove that. */
	CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, d, NULL) == -1);
	CHECK_EQ(dup2(d, c), c);
	CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, c, NULL) == 0);
	CHECK_EQ(epoll_count(ep, &sum), 0);
}

/* The description it watches is only in a child; the epoll is in both. */
ODD(epoll_in_child)
{
	int ep = epoll_create1(0), ev = eventfd(0, 0), go = eventfd(0, 0);
	uint64_t sum;
	pid_t pid;

	add(ep, ev, EPOLLIN, 42);
	pid = work_fork();
	if (!pid) {
		work_up();
		get(go);
		put(ev, 1);
		CHECK_EQ(epoll_count(ep, &sum), 1);
		get(go);
		_exit(0);
	}
	close(ev);
	work_ready();
	CHECK_EQ(epoll_count(ep, &sum), 0);
	put(go, 1);
	struct epoll_event e;

	CHECK_EQ(epoll_wait(ep, &e, 1, 5000), 1);
	CHECK_EQ(e.data.u64, 42);
	work_sleep(30);
	put(go, 1);
	work_join(pid, 0);
	CHECK_EQ(epoll_count(ep, &sum), 0);
}

static void *waits(void *ep)
{
	struct epoll_event e;

	/* A freeze, too, ends it with EINTR: signal(7). */
	while (epoll_pwait((int)(long)ep, &e, 1, -1, NULL) != 1)
		CHECK_EQ(errno, EINTR);
	return (void *)e.data.u64;
}

ODD(epoll_waiters)
{
	int ep = epoll_create1(0), ev = eventfd(0, EFD_SEMAPHORE), i;
	pthread_t t[4];
	void *v;

	add(ep, ev, EPOLLIN, 9);
	for (i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, waits, (void *)(long)ep) == 0);
	work_sleep(50);
	work_ready();
	put(ev, 1);
	for (i = 0; i < 4; i++)
		CHECK(pthread_join(t[i], &v) == 0 && v == (void *)9);
}

ODD(epoll_of_everything)
{
	int ep = epoll_create1(0), t = timerfd_create(CLOCK_MONOTONIC, 0), s, i = inotify_init1(IN_NONBLOCK), p[2], f;
	int pid = pidfd_open(getpid(), 0);
	struct itimerspec it = { { 0, 0 }, { 0, 1000000 } };
	uint64_t sum;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s = signalfd(-1, &set, SFD_NONBLOCK);
	CHECK(mkfifo("f", 0600) == 0);
	f = odd_open("f", O_RDWR);
	CHECK(pipe(p) == 0);
	add(ep, t, EPOLLIN, 1);
	add(ep, s, EPOLLIN, 2);
	add(ep, i, EPOLLIN, 4);
	add(ep, p[0], EPOLLIN, 8);
	add(ep, f, EPOLLIN, 16);
	add(ep, pid, EPOLLIN, 32);
	CHECK(inotify_add_watch(i, ".", IN_CREATE) == 1);
	work_ready();
	CHECK_EQ(epoll_count(ep, &sum), 0);
	CHECK(timerfd_settime(t, 0, &it, NULL) == 0);
	raise(SIGUSR1);
	close(odd_open("new", O_CREAT | O_RDWR));
	odd_put(p[1], "x");
	odd_put(f, "x");
	work_sleep(20);
	CHECK_EQ(epoll_count(ep, &sum), 5);
	CHECK_EQ(sum, 31);
}

ODD(timerfds)
{
	struct itimerspec rel = { { 0, 0 }, { 3600, 5 } }, per = { { 0, 20000000 }, { 0, 20000000 } };
	struct itimerspec abs, past = { { 0, 0 }, { 1, 0 } }, now;
	int r = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), p = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
	int a = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), c = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	int e = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), u = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	int w = timerfd_create(CLOCK_BOOTTIME_ALARM, TFD_NONBLOCK), x = timerfd_create(CLOCK_REALTIME_ALARM, TFD_NONBLOCK);
	struct timespec t;
	uint64_t v;

	clock_gettime(CLOCK_REALTIME, &t);
	abs = (struct itimerspec){ { 7, 8 }, { t.tv_sec + 5000, 123456789 } };
	CHECK(r >= 0 && p >= 0 && a >= 0 && c >= 0 && e >= 0 && u >= 0 && w >= 0 && x >= 0);
	CHECK(timerfd_settime(r, 0, &rel, NULL) == 0 && timerfd_settime(p, 0, &per, NULL) == 0);
	CHECK(timerfd_settime(a, TFD_TIMER_ABSTIME, &abs, NULL) == 0);
	CHECK(timerfd_settime(c, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &abs, NULL) == 0);
	CHECK(timerfd_settime(e, TFD_TIMER_ABSTIME, &past, NULL) == 0);
	CHECK(timerfd_settime(w, 0, &rel, NULL) == 0 && timerfd_settime(x, TFD_TIMER_ABSTIME, &abs, NULL) == 0);
	work_sleep(70);
	work_ready();
	CHECK(timerfd_gettime(r, &now) == 0 && now.it_value.tv_sec <= 3600 && now.it_value.tv_sec > 3500);
	CHECK(get(p) >= 3);
	CHECK(timerfd_gettime(a, &now) == 0);
	CHECK(now.it_interval.tv_sec == 7 && now.it_interval.tv_nsec == 8);
	CHECK(now.it_value.tv_sec > 4800 && now.it_value.tv_sec <= 5000);
	CHECK(timerfd_gettime(c, &now) == 0 && now.it_value.tv_sec > 4800);
	CHECK(read(c, &v, 8) == -1 && errno == EAGAIN);
	CHECK_EQ(get(e), 1);
	CHECK(timerfd_gettime(u, &now) == 0 && !now.it_value.tv_sec && !now.it_value.tv_nsec);
	CHECK(read(u, &v, 8) == -1 && errno == EAGAIN);
	CHECK(timerfd_gettime(w, &now) == 0 && now.it_value.tv_sec > 3500);
	CHECK(timerfd_gettime(x, &now) == 0 && now.it_value.tv_sec > 4800);
	work_sleep(45);
	CHECK(get(p) >= 1);
}

ODD(signalfds)
{
	struct signalfd_siginfo si;
	union sigval v = { .sival_int = 77 };
	sigset_t s, one;
	int a, b;

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN + 1);
	sigaddset(&s, SIGCHLD);
	sigaddset(&s, SIGUSR2);
	sigprocmask(SIG_BLOCK, &s, NULL);
	a = signalfd(-1, &s, SFD_NONBLOCK);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR2);
	b = signalfd(-1, &one, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK(sigqueue(getpid(), SIGRTMIN + 1, v) == 0 && raise(SIGUSR2) == 0);
	v.sival_int = 78;
	CHECK(sigqueue(getpid(), SIGRTMIN + 1, v) == 0);
	work_ready();
	CHECK_EQ(read(b, &si, sizeof(si)), sizeof(si));
	CHECK_EQ(si.ssi_signo, SIGUSR2);
	CHECK_EQ(read(a, &si, sizeof(si)), sizeof(si));
	CHECK(si.ssi_signo == (unsigned)SIGRTMIN + 1 && si.ssi_int == 77 && si.ssi_pid == (unsigned)getpid());
	CHECK_EQ(read(a, &si, sizeof(si)), sizeof(si));
	CHECK_EQ(si.ssi_int, 78);
	CHECK(read(a, &si, sizeof(si)) == -1);
}

static void *lives(void *arg)
{
	work_wait();
	return arg;
}

ODD(pidfds)
{
	pid_t z = fork(), c, g;
	int zf, cf, sf, gf, tf;
	struct pollfd pf;
	pthread_t t;
	siginfo_t si;

	if (!z)
		_exit(9);
	c = work_fork();
	if (!c) {
		work_up();
		pause();
	}
	g = fork();
	if (!g)
		_exit(0);
	gf = pidfd_open(g, 0);
	CHECK_EQ(waitpid(g, NULL, 0), g);
	CHECK(pthread_create(&t, NULL, lives, NULL) == 0);
	zf = pidfd_open(z, PIDFD_NONBLOCK);
	cf = pidfd_open(c, 0);
	sf = pidfd_open(getpid(), 0);
	tf = pidfd_open(gettid(), O_EXCL);
	work_sleep(20);
	CHECK(waitid(P_PID, z, &si, WEXITED | WNOWAIT) == 0);
	work_ready();
	pf = (struct pollfd){ zf, POLLIN, 0 };
	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK(waitid(P_PIDFD, zf, &si, WEXITED) == 0 && si.si_status == 9);
	pf = (struct pollfd){ cf, POLLIN, 0 };
	CHECK_EQ(poll(&pf, 1, 0), 0);
	CHECK(pidfd_send_signal(cf, SIGKILL, NULL, 0) == 0);
	CHECK_EQ(poll(&pf, 1, 5000), 1);
	CHECK(waitid(P_PIDFD, cf, &si, WEXITED) == 0 && si.si_status == SIGKILL);
	CHECK(pidfd_send_signal(gf, 0, NULL, 0) == -1 && errno == ESRCH);
	CHECK(pidfd_send_signal(sf, 0, NULL, 0) == 0);
	if (tf >= 0)
		CHECK(pidfd_send_signal(tf, 0, NULL, 0) == 0);
	CHECK_EQ(pidfd_getfd(sf, 1, 0) >= 0, 1);
	pthread_join(t, NULL);
}

static void expect(const char *buf, ssize_t *at, uint32_t mask, const char *name)
{
	const struct inotify_event *e = (const void *)(buf + *at);

	CHECK_EQ(e->mask, mask);
	CHECK_STR(e->len ? e->name : "", name);
	*at += sizeof(*e) + e->len;
}

ODD(inotify_watches)
{
	int i = inotify_init1(IN_NONBLOCK), a, b, c, d;
	char buf[4096];
	ssize_t n, at = 0;

	CHECK(mkdir("d", 0700) == 0 && mkdir("d/e", 0700) == 0);
	close(odd_open("f", O_CREAT | O_RDWR));
	CHECK(symlink("f", "s") == 0);
	a = inotify_add_watch(i, "d", IN_ALL_EVENTS | IN_ONLYDIR | IN_EXCL_UNLINK);
	b = inotify_add_watch(i, "f", IN_MODIFY | IN_ONESHOT);
	c = inotify_add_watch(i, "s", IN_DONT_FOLLOW | IN_DELETE_SELF | IN_ATTRIB);
	d = inotify_add_watch(i, "d/e", IN_MOVED_TO);
	CHECK(a == 1 && b == 2 && c == 3 && d == 4);
	CHECK(inotify_rm_watch(i, a) == 0);
	n = read(i, buf, sizeof(buf));		/* IN_IGNORED */
	a = inotify_add_watch(i, "d", IN_CREATE | IN_ONLYDIR | IN_EXCL_UNLINK);
	CHECK_EQ(a, 5);
	work_ready();
	CHECK(read(i, buf, sizeof(buf)) == -1 && errno == EAGAIN);
	close(odd_open("d/x", O_CREAT | O_RDWR));
	odd_put(odd_open("f", O_WRONLY), "x");
	CHECK(rename("d/x", "d/e/y") == 0);
	CHECK(unlink("s") == 0);
	n = read(i, buf, sizeof(buf));
	CHECK(n > 0);
	expect(buf, &at, IN_CREATE, "x");
	expect(buf, &at, IN_MODIFY, "");
	expect(buf, &at, IN_IGNORED, "");
	expect(buf, &at, IN_MOVED_TO, "y");
	expect(buf, &at, IN_ATTRIB, "");
	expect(buf, &at, IN_DELETE_SELF, "");
	expect(buf, &at, IN_IGNORED, "");
	CHECK_EQ(at, n);
	CHECK_EQ(inotify_add_watch(i, ".", IN_CREATE), 6);
}

ODD(inotify_queued)
{
	int i = inotify_init1(IN_NONBLOCK);
	char buf[4096];
	ssize_t n, at = 0;
	uint32_t cookie;

	CHECK(mkdir("d", 0700) == 0);
	CHECK(inotify_add_watch(i, "d", IN_ALL_EVENTS) == 1);
	close(odd_open("d/one", O_CREAT | O_RDWR));
	CHECK(rename("d/one", "d/two") == 0 && mkdir("d/sub", 0700) == 0 && unlink("d/two") == 0);
	work_ready();
	n = read(i, buf, sizeof(buf));
	CHECK(n > 0);
	expect(buf, &at, IN_CREATE, "one");
	expect(buf, &at, IN_OPEN, "one");
	expect(buf, &at, IN_CLOSE_WRITE, "one");
	cookie = ((struct inotify_event *)(buf + at))->cookie;
	expect(buf, &at, IN_MOVED_FROM, "one");
	CHECK_EQ(((struct inotify_event *)(buf + at))->cookie, cookie);
	expect(buf, &at, IN_MOVED_TO, "two");
	expect(buf, &at, IN_CREATE | IN_ISDIR, "sub");
	expect(buf, &at, IN_DELETE, "two");
	CHECK_EQ(at, n);
}
