// SPDX-License-Identifier: GPL-2.0-or-later
/* Pipes and FIFOs in odd states: full, fragmented, with one end, with pages that are not the pipe's. */
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "tests/work/odd/odd.h"

static int ready_for(int fd, short ev)
{
	struct pollfd p = { fd, ev, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

static int queued(int fd)
{
	int n;

	CHECK(ioctl(fd, FIONREAD, &n) == 0);
	return n;
}

ODD(megabyte_full)
{
	char *b = malloc(1 << 20);
	int p[2];

	CHECK(pipe2(p, O_NONBLOCK) == 0);
	CHECK_EQ(fcntl(p[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	work_fill(b, 1 << 20, 9);
	CHECK_EQ(write(p[1], b, 1 << 20), 1 << 20);
	CHECK(write(p[1], b, 1) == -1 && errno == EAGAIN);
	work_ready();
	CHECK_EQ(fcntl(p[1], F_GETPIPE_SZ), 1 << 20);
	CHECK(write(p[1], b, 1) == -1 && errno == EAGAIN);
	CHECK(!(ready_for(p[1], POLLOUT) & POLLOUT));
	memset(b, 0, 1 << 20);
	CHECK_EQ(read(p[0], b, 1 << 20), 1 << 20);
	CHECK(work_same(b, 1 << 20, 9));
	CHECK_EQ(write(p[1], b, 1 << 20), 1 << 20);
}

ODD(packets)
{
	char b[8192];
	int p[2], i;

	CHECK(pipe2(p, O_NONBLOCK | O_DIRECT) == 0);
	for (i = 1; i <= 5; i++) {
		work_fill(b, i * 800, i);
		CHECK_EQ(write(p[1], b, i * 800), i * 800);
	}
	CHECK_EQ(read(p[0], b, 100), 100);	/* the rest of the packet is gone */
	work_ready();
	for (i = 2; i <= 5; i++) {
		CHECK_EQ(read(p[0], b, 8192), i * 800);
		CHECK(work_same(b, i * 800, i));
	}
	CHECK(read(p[0], b, 1) == -1 && errno == EAGAIN);
	CHECK_EQ(fcntl(p[1], F_GETFL) & O_DIRECT, O_DIRECT);
	CHECK(write(p[1], "a", 1) == 1 && write(p[1], "bc", 2) == 2 && read(p[0], b, 10) == 1);
}

/* Packets, then a stream behind them; and a stream, then packets. */
ODD(packets_mixed)
{
	char b[100];
	int p[2], q[2];

	CHECK(pipe2(p, O_NONBLOCK | O_DIRECT) == 0 && pipe2(q, O_NONBLOCK) == 0);
	odd_put(p[1], "packet");
	CHECK(fcntl(p[1], F_SETFL, O_NONBLOCK) == 0);
	odd_put(p[1], "str");
	odd_put(p[1], "eam");
	odd_put(q[1], "stream");
	CHECK(fcntl(q[1], F_SETFL, O_NONBLOCK | O_DIRECT) == 0);
	odd_put(q[1], "one");
	odd_put(q[1], "two");
	work_ready();
	odd_got(p[0], "packet");
	odd_got(p[0], "stream");
	odd_got(q[0], "streamonetwo");	/* what is written joins the last buffer */
	CHECK(read(q[0], b, 1) == -1);
}

/* Sixteen bytes of a file, spliced one by one: all slots are taken, so there is no room. */
ODD(fragmented)
{
	int p[2], f = odd_open("f", O_CREAT | O_RDWR), i, n;
	char b[100];
	loff_t at;

	odd_put(f, "0123456789abcdef");
	CHECK(pipe2(p, O_NONBLOCK) == 0);
	for (i = 0; i < 16; i++) {
		at = i;
		CHECK_EQ(splice(f, &at, p[1], NULL, 1, 0), 1);
	}
	CHECK(!(ready_for(p[1], POLLOUT) & POLLOUT));
	CHECK(write(p[1], "x", 1) == -1);
	work_ready();
	CHECK_EQ(queued(p[0]), 16);
	n = ready_for(p[1], POLLOUT) & POLLOUT;
	CHECK_EQ(n, 0);
	CHECK_EQ(read(p[0], b, 1), 1);
	CHECK_EQ(write(p[1], "x", 1), 1);
	CHECK_EQ(read(p[0], b, 100), 16);
	CHECK(!memcmp(b, "123456789abcdefx", 16));
}

/* What the file says later shows in a pipe that has its page: not after a restore, but what stood there does. */
ODD(spliced_file)
{
	int p[2], f = odd_open("f", O_CREAT | O_RDWR);
	char *b = malloc(40000), *c = malloc(40000);
	loff_t at = 100;

	work_fill(b, 40000, 1);
	CHECK_EQ(write(f, b, 40000), 40000);
	CHECK(pipe(p) == 0);
	CHECK_EQ(splice(f, &at, p[1], NULL, 30000, 0), 30000);
	odd_put(p[1], "tail");
	work_ready();
	CHECK_EQ(queued(p[0]), 30004);
	at = 0;
	while (at < 30004) {
		ssize_t n = read(p[0], c + at, 40000 - at);

		CHECK(n > 0);
		at += n;
	}
	CHECK(!memcmp(c, b + 100, 30000) && !memcmp(c + 30000, "tail", 4));
}

ODD(vmspliced)
{
	char *m = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), b[16384];
	struct iovec v = { m, 16384 };
	int p[2], q[2];

	CHECK(pipe(p) == 0 && pipe(q) == 0);
	work_fill(m, 16384, 4);
	CHECK_EQ(vmsplice(p[1], &v, 1, SPLICE_F_GIFT), 16384);
	CHECK_EQ(tee(p[0], q[1], 5000, 0), 5000);
	work_ready();
	CHECK_EQ(read(p[0], b, 16384), 16384);
	CHECK(work_same(b, 16384, 4) && work_same(m, 16384, 4));
	CHECK_EQ(read(q[0], b, 16384), 5000);
	CHECK(!memcmp(b, m, 5000));
}

ODD(only_writer)
{
	int p[2];

	CHECK(pipe(p) == 0);
	odd_put(p[1], "unread");
	close(p[0]);
	signal(SIGPIPE, SIG_IGN);
	work_ready();
	CHECK(ready_for(p[1], POLLOUT) & POLLERR);
	CHECK(write(p[1], "x", 1) == -1 && errno == EPIPE);
}

ODD(only_reader)
{
	int p[2], q[2];

	CHECK(pipe(p) == 0 && pipe(q) == 0);
	odd_put(p[1], "unread");
	close(p[1]);
	close(q[1]);
	work_ready();
	CHECK(ready_for(q[0], POLLIN) & POLLHUP);
	odd_got(p[0], "unread");
	odd_got(p[0], "");
}

ODD(fifo_ends)
{
	int a, b, c, d;

	CHECK(mkfifo("a", 0600) == 0 && mkfifo("b", 0640) == 0 && mkfifo("c", 0600) == 0 && mkfifo("d", 0600) == 0);
	a = odd_open("a", O_RDONLY | O_NONBLOCK);	/* only a reader */
	b = odd_open("b", O_RDWR);
	odd_put(b, "kept");
	c = odd_open("c", O_RDWR);
	odd_put(c, "with a writer only");
	d = odd_open("c", O_WRONLY);
	close(c);
	c = odd_open("d", O_RDWR | O_NONBLOCK);
	odd_put(c, "gone");
	CHECK(unlink("d") == 0 && fchmod(c, 0604) == 0);
	signal(SIGPIPE, SIG_IGN);
	work_ready();
	odd_got(a, "");
	odd_got(b, "kept");
	CHECK(write(d, "x", 1) == -1 && errno == EPIPE);
	struct stat st;

	CHECK(fstat(c, &st) == 0 && st.st_nlink == 0);
	odd_got(c, "gone");
	/* Who opens it by its name gets the same one. */
	c = odd_open("c", O_RDONLY | O_NONBLOCK);
	odd_put(d, "again");
	while (ready_for(c, POLLIN) == 0)
		;
	char buf[100];
	ssize_t n = read(c, buf, 100);

	CHECK(n >= 5 && !memcmp(buf + n - 5, "again", 5));
}

ODD(fifo_replaced)
{
	int a, b;

	CHECK(mkfifo("a", 0600) == 0);
	a = odd_open("a", O_RDWR | O_NONBLOCK);
	odd_put(a, "old");
	CHECK(unlink("a") == 0 && mkfifo("a", 0600) == 0);
	b = odd_open("a", O_RDWR | O_NONBLOCK);
	odd_put(b, "new");
	work_ready();
	odd_got(a, "old");
	odd_got(b, "new");
	b = odd_open("a", O_RDWR | O_NONBLOCK);
	odd_put(b, "more");
}

/* A pipe opened again through /proc: more descriptions of it, one with both ends. */
ODD(reopened)
{
	char n[64];
	int p[2], rw, r, w;

	CHECK(pipe2(p, 0) == 0);
	sprintf(n, "/proc/self/fd/%d", p[0]);
	rw = odd_open(n, O_RDWR | O_NONBLOCK);
	r = odd_open(n, O_RDONLY);
	w = odd_open(n, O_WRONLY | O_APPEND);
	odd_put(rw, "ab");
	odd_put(w, "cd");
	close(p[1]);
	close(w);
	work_ready();
	CHECK_EQ(fcntl(rw, F_GETFL) & (O_ACCMODE | O_NONBLOCK), O_RDWR | O_NONBLOCK);
	CHECK_EQ(read(p[0], n, 1), 1);
	odd_got(r, "bcd");
	CHECK(read(rw, n, 1) == -1 && errno == EAGAIN);	/* there is a writer: itself */
}

/* Both sides wait in the kernel: a writer for room, a reader for data. */
ODD(blocked)
{
	char *b = malloc(100000);
	size_t n = 0;
	ssize_t k;
	int p[2], q[2];
	pid_t w, r;

	CHECK(pipe(p) == 0 && pipe(q) == 0);
	w = work_fork();
	if (!w) {
		work_fill(b, 100000, 5);
		work_up();
		/* A freeze, too, ends a write that has begun. */
		for (n = 0; n < 100000; n += k)
			CHECK((k = write(p[1], b + n, 100000 - n)) > 0);
		_exit(3);
	}
	r = work_fork();
	if (!r) {
		close(q[1]);
		work_up();
		CHECK_EQ(read(q[0], b, 100), 4);
		CHECK_EQ(read(q[0], b, 100), 0);
		_exit(4);
	}
	work_sleep(50);
	work_ready();
	for (n = 0; n < 100000; n += k)
		CHECK((k = read(p[0], b + n, 100000 - n)) > 0);
	CHECK(work_same(b, 100000, 5));
	work_join(w, 3);
	odd_put(q[1], "data");
	work_sleep(50);
	close(q[1]);
	close(q[0]);
	work_join(r, 4);
}

ODD(one_slot)
{
	char b[5000];
	int p[2];

	CHECK(pipe2(p, O_NONBLOCK) == 0);
	CHECK_EQ(fcntl(p[0], F_SETPIPE_SZ, 1), 4096);
	work_fill(b, 5000, 1);
	CHECK_EQ(write(p[1], b, 4000), 4000);
	CHECK_EQ(read(p[0], b, 3999), 3999);
	work_ready();
	CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), 4096);
	CHECK_EQ(queued(p[0]), 1);
	CHECK_EQ(write(p[1], b, 50), 50);
	CHECK_EQ(read(p[0], b, 5000), 51);
}

/* A page of which little is read and little is written: no more room than it had. */
ODD(partly_read)
{
	char *b = malloc(1 << 17);
	int p[2], i, room = 0, k;

	CHECK(pipe2(p, O_NONBLOCK) == 0);
	for (i = 0; i < 16; i++)
		CHECK_EQ(write(p[1], b, 4096), 4096);
	CHECK_EQ(read(p[0], b, 100), 100);
	CHECK(write(p[1], b, 1) == -1);		/* a slot is free only when it is empty */
	work_ready();
	CHECK_EQ(queued(p[0]), 65536 - 100);
	k = write(p[1], b, 1);
	CHECK(k == -1);
	CHECK_EQ(read(p[0], b, 4096 - 100), 4096 - 100);
	while (write(p[1], b, 1) == 1)
		room++;
	CHECK_EQ(room, 4096);
}

ODD(nobodys)
{
	char b[100];
	int p[2];
	struct stat st;

	CHECK(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
	CHECK(pipe(p) == 0);
	odd_put(p[1], "x");
	work_ready();
	CHECK(fstat(p[0], &st) == 0 && st.st_uid == 65534);
	sprintf(b, "/proc/self/fd/%d", p[0]);
	odd_got(odd_open(b, O_RDONLY | O_NONBLOCK), "x");
}

ODD(many)
{
	int p[300][2], i, c;

	for (i = 0; i < 300; i++) {
		CHECK(pipe(p[i]) == 0);
		for (c = 0; c < i % 7; c++)
			odd_put(p[i][1], "abc");
	}
	work_ready();
	for (i = 0; i < 300; i++)
		CHECK_EQ(queued(p[i][0]), i % 7 * 3);
}

ODD(async_pipe)
{
	sigset_t s;
	siginfo_t si;
	int p[2];

	sigemptyset(&s);
	sigaddset(&s, SIGIO);
	sigaddset(&s, SIGRTMIN + 2);
	sigprocmask(SIG_BLOCK, &s, NULL);
	CHECK(pipe(p) == 0);
	CHECK(fcntl(p[0], F_SETOWN, getpid()) == 0 && fcntl(p[0], F_SETFL, O_ASYNC) == 0);
	CHECK(fcntl(p[0], F_SETSIG, SIGRTMIN + 2) == 0);
	odd_put(p[1], "queued before");
	work_ready();
	CHECK_EQ(sigwaitinfo(&s, &si), SIGRTMIN + 2);
	CHECK_EQ(si.si_fd, p[0]);
	CHECK_EQ(sigtimedwait(&s, &si, &(struct timespec){ 0, 10000000 }), -1);
	odd_put(p[1], "x");
	CHECK_EQ(sigwaitinfo(&s, &si), SIGRTMIN + 2);
	CHECK_EQ(si.si_band & POLLIN, POLLIN);
}
