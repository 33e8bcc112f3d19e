// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * So many descriptions that they stand in groups: of several kinds, that speak of each other on both sides
 * of the line, and are shared by two processes; "sockets": also with sockets, and descriptors in flight.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define ROUNDS 220		/* of what make() makes: 8 descriptions, 11 with sockets */
#define HIGH 3000

/** struct round - its descriptors */
struct round {
	int file, null, dir, p[2], ev, ep, again, s[2];
};

static struct round rounds[ROUNDS];
static bool sockets;

static void watch(int ep, int fd, uint64_t data)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = data };

	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0);
}

/* A file at a position of its own, that is nowhere but in a message. */
static void post_file(int s, int pos)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(16))) = { 0 }, c = 'f';
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int fd = open("groups.txt", O_RDONLY);

	CHECK(fd >= 0 && lseek(fd, pos, SEEK_SET) == pos);
	*h = (struct cmsghdr){ CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	CHECK(sendmsg(s, &m, 0) == 1);
	close(fd);
}

static void fetch_file(int s, int pos)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(16))), c = 0;
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *h;
	int fd;

	CHECK(recvmsg(s, &m, MSG_DONTWAIT) == 1 && c == 'f');
	h = CMSG_FIRSTHDR(&m);
	CHECK(h && h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof(fd)));
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), pos);
	close(fd);
}

static void make(struct round *r, int i)
{
	r->file = open("groups.txt", i % 2 ? O_RDONLY : O_RDWR | O_APPEND);
	r->null = open("/dev/null", i % 3 ? O_WRONLY : O_RDWR | O_NONBLOCK);
	r->dir = open(".", O_RDONLY | O_DIRECTORY | (i % 2 ? O_CLOEXEC : 0));
	CHECK(r->file >= 0 && r->null >= 0 && r->dir >= 0 && pipe(r->p) == 0);
	r->ev = eventfd(0, EFD_NONBLOCK);
	r->ep = epoll_create1(i % 2 ? EPOLL_CLOEXEC : 0);
	r->again = open("groups.txt", O_RDONLY);	/* the same answers as those of other rounds */
	CHECK(r->ev >= 0 && r->ep >= 0 && r->again >= 0);
	CHECK(lseek(r->file, 10 * i + 1, SEEK_SET) == 10 * i + 1);
	CHECK(write(r->p[1], &i, sizeof(i)) == sizeof(i));
	if (!sockets)
		return;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, r->s) == 0);
	CHECK(write(r->s[0], &i, sizeof(i)) == sizeof(i));
	if (i % 4 == 0)
		post_file(r->s[1], i);
}

/* Each epoll watches the eventfd of the round at the other end, which is on the other side of the line. */
static struct round *other(int i)
{
	return &rounds[ROUNDS - 1 - i];
}

static void verify(struct round *r, int i)
{
	struct epoll_event e[2];
	uint64_t v = i + 1;
	int got = -1;

	CHECK_EQ(lseek(r->file, 0, SEEK_CUR), 10 * i + 1);
	CHECK_EQ(fcntl(r->file, F_GETFL) & (O_ACCMODE | O_APPEND), i % 2 ? O_RDONLY : O_RDWR | O_APPEND);
	CHECK_EQ(fcntl(r->null, F_GETFL) & (O_ACCMODE | O_NONBLOCK), i % 3 ? O_WRONLY : O_RDWR | O_NONBLOCK);
	CHECK_EQ(fcntl(r->dir, F_GETFD), i % 2 ? FD_CLOEXEC : 0);
	CHECK_EQ(read(r->p[0], &got, sizeof(got)), sizeof(got));
	CHECK_EQ(got, i);
	CHECK_EQ(epoll_wait(r->ep, e, 2, 0), 0);
	CHECK_EQ(write(other(i)->ev, &v, sizeof(v)), sizeof(v));
	CHECK_EQ(epoll_wait(r->ep, e, 2, 0), 1);
	CHECK_EQ(e[0].data.u64, i);
	CHECK_EQ(read(other(i)->ev, &v, sizeof(v)), sizeof(v));
	CHECK_EQ(v, i + 1);
	CHECK(syscall(SYS_kcmp, getpid(), getpid(), 0, r->again, other(i)->again) != 0);
	CHECK_EQ(syscall(SYS_kcmp, getpid(), getpid(), 0, r->file, HIGH + i), 0);
	if (!sockets)
		return;
	CHECK_EQ(read(r->s[1], &got, sizeof(got)), sizeof(got));
	CHECK_EQ(got, i);
	if (i % 4 == 0)
		fetch_file(r->s[0], i);
}

/* All files of the parent are the child's: from @from on to @to, with the first as the sign to begin. */
static void move(int from, int to, bool wait)
{
	int i;

	while (wait && lseek(rounds[0].file, 0, SEEK_CUR) != from)
		work_sleep(2);
	for (i = ROUNDS - 1; i >= 0; i--) {
		CHECK_EQ(lseek(rounds[i].file, 0, SEEK_CUR), 10 * i + from);
		CHECK_EQ(lseek(HIGH + i, 10 * i + to, SEEK_SET), 10 * i + to);
	}
}

int main(int argc, char **argv)
{
	struct rlimit lim;
	int fd = open("groups.txt", O_RDWR | O_CREAT | O_TRUNC, 0600), i;
	pid_t pid;

	sockets = argc == 2 && !strcmp(argv[1], "sockets");
	CHECK(fd >= 0 && ftruncate(fd, 100000) == 0);
	CHECK(getrlimit(RLIMIT_NOFILE, &lim) == 0);
	lim.rlim_cur = lim.rlim_max;
	CHECK(lim.rlim_max >= HIGH + ROUNDS + 100 && setrlimit(RLIMIT_NOFILE, &lim) == 0);
	for (i = 0; i < ROUNDS; i++)
		make(&rounds[i], i);
	for (i = 0; i < ROUNDS; i++) {
		watch(rounds[i].ep, other(i)->ev, i);
		CHECK(dup2(rounds[i].file, HIGH + i) == HIGH + i);
	}
	pid = work_fork();
	if (!pid) {
		work_up();
		move(2, 3, true);
		_exit(0);
	}

	work_ready();

	for (i = 0; i < ROUNDS; i++)
		verify(&rounds[i], i);
	move(1, 2, false);
	work_join(pid, 0);
	for (i = 0; i < ROUNDS; i++)
		CHECK_EQ(lseek(rounds[i].file, 0, SEEK_CUR), 10 * i + 3);
	work_pass();
}
