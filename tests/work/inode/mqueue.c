// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * POSIX message queues: content with priorities, full and empty, rights, without a name, in a namespace of
 * its own one that nobody has open; who is to be told of a message. "notify" as an argument: that too.
 */
#include <mqueue.h>
#include <poll.h>

#include "tests/work/work.h"

#define SIZE 200

static char buf[SIZE];

static mqd_t make(const char *name, int flags, int max)
{
	struct mq_attr a = { .mq_maxmsg = max, .mq_msgsize = SIZE };
	FILE *f = fopen("queues", "a");
	mqd_t q = mq_open(name, O_CREAT | O_EXCL | flags, 0620, &a);

	CHECK(q >= 0 && f);
	fprintf(f, "%s\n", name);
	fclose(f);
	return q;
}

static void put(mqd_t q, unsigned int prio, size_t len, int seed)
{
	work_fill(buf, len, seed);
	CHECK(mq_send(q, buf, len, prio) == 0);
}

static void take(mqd_t q, unsigned int prio, size_t len, int seed)
{
	unsigned int p;

	CHECK_EQ(mq_receive(q, buf, SIZE, &p), len);
	CHECK_EQ(p, prio);
	CHECK(work_same(buf, len, seed));
}

int main(int argc, char **argv)
{
	bool notify = argc > 1 && !strcmp(argv[1], "notify");
	bool own = argc > 1 && !strcmp(argv[1], "own");
	char name[5][40];
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	struct sigevent sig = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
				.sigev_value.sival_ptr = (void *)0x123456789abcdefULL };
	struct mq_attr a;
	struct stat st;
	sigset_t set;
	mqd_t q, full, gone, told, again, closed;
	struct pollfd pfd;
	pid_t pid;
	int i;

	for (i = 0; i < 5; i++)
		snprintf(name[i], sizeof(name[i]), "/crfs-%d-%d", getpid(), i);
	q = make(name[0], O_RDWR | O_NONBLOCK, 10);
	put(q, 3, 100, 1);
	put(q, 32767, 0, 2);
	put(q, 3, SIZE, 3);
	put(q, 0, 7, 4);
	put(q, 3, 1, 5);
	again = mq_open(name[0], O_RDONLY);
	CHECK(again >= 0 && fchmod(q, 0604) == 0 && fchown(q, 1234, 4321) == 0);
	full = make(name[1], O_RDWR, 2);
	put(full, 1, SIZE, 1);
	put(full, 1, SIZE, 2);
	/* Without a name, and another that is called so now. */
	gone = make(name[2], O_RDWR, 3);
	put(gone, 5, 50, 6);
	CHECK(mq_unlink(name[2]) == 0);
	told = make(name[3], O_RDONLY, 1);
	CHECK(mq_notify(told, notify ? &sig : &none) == 0);
	if (argc > 1 && !strcmp(argv[1], "waiting")) {
		put(mq_open(name[3], O_WRONLY), 0, 1, 1);
		CHECK(mq_notify(told, &none) == 0);
	}
	if (argc > 1 && !strcmp(argv[1], "foreign"))
		CHECK(unshare(CLONE_NEWIPC) == 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	if (own) {
		closed = make(name[4], O_RDWR, 5);
		put(closed, 9, 90, 9);
		CHECK(mq_close(closed) == 0);
	}
	pid = work_fork();
	if (pid == 0) {
		work_up();
		/* Somebody who waits for room. */
		work_fill(buf, 5, 3);
		CHECK(mq_send(full, buf, 5, 1) == 0);
		_exit(3);
	}
	work_sleep(50);

	work_ready();

	CHECK(mq_getattr(q, &a) == 0);
	CHECK_EQ(a.mq_flags, O_NONBLOCK);
	CHECK_EQ(a.mq_maxmsg, 10);
	CHECK_EQ(a.mq_msgsize, SIZE);
	CHECK_EQ(a.mq_curmsgs, 5);
	CHECK(fstat(q, &st) == 0);
	CHECK_EQ(st.st_mode & 07777, 0604);
	CHECK_EQ(st.st_uid, 1234);
	CHECK_EQ(st.st_gid, 4321);
	pfd = (struct pollfd){ .fd = again, .events = POLLIN };
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	take(again, 32767, 0, 2);
	take(q, 3, 100, 1);
	take(q, 3, SIZE, 3);
	take(again, 3, 1, 5);
	take(q, 0, 7, 4);
	CHECK(mq_receive(q, buf, SIZE, NULL) == -1 && errno == EAGAIN);
	CHECK(mq_send(again, buf, 1, 0) == -1 && errno == EBADF);
	take(full, 1, SIZE, 1);
	take(full, 1, SIZE, 2);
	take(full, 1, 5, 3);
	work_join(pid, 3);
	CHECK(mq_getattr(gone, &a) == 0 && a.mq_curmsgs == 1);
	CHECK(mq_open(name[2], O_RDONLY) == -1 && errno == ENOENT);
	take(gone, 5, 50, 6);
	/* Still registered: nobody else can be, until we are told. */
	CHECK(mq_notify(told, &none) == -1 && errno == EBUSY);
	pid = fork();
	if (pid == 0) {
		mqd_t w = mq_open(name[3], O_WRONLY);

		CHECK(w >= 0 && mq_send(w, "x", 1, 0) == 0);
		_exit(0);
	}
	work_join(pid, 0);
	if (notify) {
		siginfo_t si;
		struct timespec ts = { .tv_sec = 5 };

		CHECK_EQ(sigtimedwait(&set, &si, &ts), SIGUSR1);
		CHECK_EQ(si.si_code, SI_MESGQ);
		CHECK_EQ(si.si_pid, pid);
		CHECK(si.si_ptr == sig.sigev_value.sival_ptr);
	}
	CHECK(mq_notify(told, &none) == 0);
	if (own) {
		closed = mq_open(name[4], O_RDONLY);
		CHECK(closed >= 0);
		take(closed, 9, 90, 9);
		CHECK(mq_unlink(name[4]) == 0);
	}
	CHECK(mq_unlink(name[0]) == 0 && mq_unlink(name[1]) == 0 && mq_unlink(name[3]) == 0);
	work_pass();
}
