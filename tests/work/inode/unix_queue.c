// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Queues of unix sockets: "creds", messages of several senders, one of them dead; "fds", descriptors in flight,
 * that nobody has open any more, also sockets in sockets, and in a circle; "epoll", one of those; "many".
 */
#include "tests/work/work.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

/** struct letter - what a message had with it */
struct letter {
	ssize_t n;
	char text[64];
	bool known;
	struct ucred who;
	int fds[8];
	size_t nr;
};

static void post(int s, const char *text, const struct ucred *who, const int *fds, size_t n)
{
	char control[256] __attribute__((aligned(16))) = { 0 };
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c = (void *)control;

	if (who) {
		*c = (struct cmsghdr){ CMSG_LEN(sizeof(*who)), SOL_SOCKET, SCM_CREDENTIALS };
		memcpy(CMSG_DATA(c), who, sizeof(*who));
		m.msg_controllen = CMSG_SPACE(sizeof(*who));
		c = (void *)(control + m.msg_controllen);
	}
	if (n) {
		*c = (struct cmsghdr){ CMSG_LEN(n * sizeof(*fds)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(c), fds, n * sizeof(*fds));
		m.msg_controllen += CMSG_SPACE(n * sizeof(*fds));
	}
	CHECK(sendmsg(s, &m, MSG_DONTWAIT) == (ssize_t)strlen(text));
}

static struct letter fetch(int s, size_t size)
{
	char control[512] __attribute__((aligned(16)));
	struct letter l = { .nr = 0 };
	struct iovec iov = { l.text, size < sizeof(l.text) ? size : sizeof(l.text) - 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	l.n = recvmsg(s, &m, MSG_DONTWAIT);
	CHECK(l.n >= 0);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(&l.who, CMSG_DATA(c), sizeof(l.who));
			l.known = true;
		} else if (c->cmsg_type == SCM_RIGHTS) {
			l.nr = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			CHECK(l.nr <= 8);
			memcpy(l.fds, CMSG_DATA(c), l.nr * sizeof(int));
		}
	}
	return l;
}

static void set(int s, int option, int v)
{
	CHECK(setsockopt(s, SOL_SOCKET, option, &v, sizeof(v)) == 0);
}

static void expect(int s, const char *text, pid_t pid, uid_t uid, gid_t gid)
{
	struct letter l = fetch(s, sizeof(l.text));

	CHECK_STR(l.text, text);
	CHECK(l.known);
	CHECK_EQ(l.who.pid, pid);
	CHECK_EQ(l.who.uid, uid);
	CHECK_EQ(l.who.gid, gid);
}

static void do_creds(void)
{
	struct ucred me = { getpid(), getuid(), getgid() }, other = { getpid(), 1234, 5678 };
	int st[2], dg[2], late[2], p, q;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, st) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, dg) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, late) == 0);
	post(st[0], "nobody ", NULL, NULL, 0);
	set(st[1], SO_PASSCRED, 1);
	set(dg[1], SO_PASSCRED, 1);
	post(st[0], "me", &me, NULL, 0);
	post(st[0], " again", NULL, NULL, 0);
	post(st[0], "other", &other, NULL, 0);
	post(dg[0], "me", NULL, NULL, 0);
	post(late[0], "hidden", &other, NULL, 0);
	p = fork();
	if (!p) {
		post(st[0], "child", NULL, NULL, 0);
		post(dg[0], "child", NULL, NULL, 0);
		_exit(0);
	}
	work_join(p, 0);
	q = work_fork();
	if (!q) {
		post(st[0], "living", NULL, NULL, 0);
		work_up();
		work_wait();
		_exit(0);
	}
	work_ready();
	expect(st[1], "nobody ", 0, 65534, 65534);
	expect(st[1], "me again", me.pid, me.uid, me.gid);
	expect(st[1], "other", me.pid, 1234, 5678);
	expect(st[1], "child", p, me.uid, me.gid);
	expect(st[1], "living", q, me.uid, me.gid);
	expect(dg[1], "me", me.pid, me.uid, me.gid);
	expect(dg[1], "child", p, me.uid, me.gid);
	set(late[1], SO_PASSCRED, 1);
	expect(late[1], "hidden", me.pid, 1234, 5678);
	work_join(q, 0);
}

static void do_fds(void)
{
	int st[2], dg[2], in[2], ring[2], pipes[2], file, ev, i, lonely[2], l2;
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "in-flight" };
	struct letter l;
	char buf[16];
	uint64_t n;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, st) == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, dg) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, in) == 0 && socketpair(AF_UNIX, SOCK_DGRAM, 0, ring) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, lonely) == 0);
	CHECK(pipe(pipes) == 0 && write(pipes[1], "in the pipe", 11) == 11);
	file = open("file", O_CREAT | O_TRUNC | O_RDWR, 0600);
	ev = eventfd(41, 0);
	CHECK(file >= 0 && ev >= 0 && write(file, "content", 7) == 7 && lseek(file, 3, SEEK_SET) == 3);
	/* A stream: plain bytes, bytes with descriptors, plain ones again. */
	post(st[0], "plain", NULL, NULL, 0);
	post(st[0], "with", NULL, (int[]){ pipes[0], file }, 2);
	post(st[0], "more", NULL, (int[]){ ev }, 1);
	post(st[0], "after", NULL, NULL, 0);
	close(file);
	close(pipes[0]);
	/* A socket in a socket, with something in it, and that with another again. */
	post(in[0], "inner", NULL, (int[]){ ev, lonely[1] }, 2);
	post(lonely[0], "innermost", NULL, NULL, 0);
	post(dg[0], "outer", NULL, (int[]){ in[1] }, 1);
	post(dg[0], "same", NULL, (int[]){ in[1], st[0] }, 2);
	close(in[1]);
	close(in[0]);
	close(lonely[1]);
	close(lonely[0]);
	close(ev);
	/* In a circle: each end holds itself and the other. */
	post(ring[0], "ring", NULL, (int[]){ ring[0], ring[1] }, 2);
	post(ring[1], "gnir", NULL, (int[]){ ring[1] }, 1);
	l2 = socket(AF_UNIX, SOCK_DGRAM, 0);
	unlink("in-flight");
	CHECK(bind(l2, (void *)&a, sizeof(a)) == 0);
	post(dg[0], "named", NULL, &l2, 1);
	close(l2);
	work_ready();
	l = fetch(st[1], 3);
	CHECK(!strcmp(l.text, "pla") && !l.nr);
	l = fetch(st[1], 2);
	CHECK(!strcmp(l.text, "in") && !l.nr);
	l = fetch(st[1], 64);
	CHECK(!strcmp(l.text, "with") && l.nr == 2);
	CHECK(read(l.fds[0], buf, sizeof(buf)) == 11 && !memcmp(buf, "in the pipe", 11));
	CHECK(write(pipes[1], "x", 1) == 1 && read(l.fds[0], buf, 1) == 1);
	CHECK(read(l.fds[1], buf, sizeof(buf)) == 4 && !memcmp(buf, "tent", 4));
	l = fetch(st[1], 64);
	CHECK(!strcmp(l.text, "more") && l.nr == 1);
	CHECK(read(l.fds[0], &n, 8) == 8 && n == 41);
	n = 7;
	CHECK(write(l.fds[0], &n, 8) == 8);
	l = fetch(st[1], 64);
	CHECK(!strcmp(l.text, "after") && !l.nr);
	l = fetch(dg[1], 64);
	CHECK(!strcmp(l.text, "outer") && l.nr == 1);
	i = l.fds[0];
	l = fetch(i, 64);
	CHECK(!strcmp(l.text, "inner") && l.nr == 2);
	CHECK(read(l.fds[0], &n, 8) == 8 && n == 7);
	l = fetch(l.fds[1], 64);
	CHECK_STR(l.text, "innermost");
	CHECK(recv(i, buf, 1, MSG_DONTWAIT) == 0);
	l = fetch(dg[1], 64);
	CHECK(!strcmp(l.text, "same") && l.nr == 2);
	CHECK(syscall(SYS_kcmp, getpid(), getpid(), 0, i, l.fds[0]) == 0);
	CHECK(syscall(SYS_kcmp, getpid(), getpid(), 0, st[0], l.fds[1]) == 0);
	l = fetch(ring[1], 64);
	CHECK(!strcmp(l.text, "ring") && l.nr == 2);
	CHECK(syscall(SYS_kcmp, getpid(), getpid(), 0, ring[0], l.fds[0]) == 0);
	CHECK(syscall(SYS_kcmp, getpid(), getpid(), 0, ring[1], l.fds[1]) == 0);
	l = fetch(ring[0], 64);
	CHECK(!strcmp(l.text, "gnir") && l.nr == 1);
	l = fetch(dg[1], 64);
	CHECK(!strcmp(l.text, "named") && l.nr == 1);
	i = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(sendto(i, "hi", 2, 0, (void *)&a, sizeof(a)) == 2);
	CHECK(recv(l.fds[0], buf, 16, MSG_DONTWAIT) == 2);
}

/* What a task has to put back, although none has it. */
static void do_epoll(void)
{
	int s[2], other[2], ep = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = 77 }, got;
	struct letter l;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, other) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, other[0], &e) == 0);
	e.data.u64 = 78;
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e) == 0);
	post(s[0], "x", NULL, (int[]){ ep, other[0] }, 2);
	close(ep);
	close(other[0]);
	work_ready();
	l = fetch(s[1], 8);
	CHECK_EQ(l.nr, 2);
	CHECK(epoll_wait(l.fds[0], &got, 1, 0) == 0);
	CHECK(write(other[1], "y", 1) == 1);
	CHECK(epoll_wait(l.fds[0], &got, 1, 0) == 1 && got.data.u64 == 77);
	CHECK(read(l.fds[1], &got, 1) == 1);
	CHECK(write(s[1], "y", 1) == 1);
	CHECK(epoll_wait(l.fds[0], &got, 1, 0) == 1 && got.data.u64 == 78);
}

/* A listener that only a message has. */
static void do_listener(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "listens" };
	int s[2], l = socket(AF_UNIX, SOCK_STREAM, 0), c;
	struct ucred who;
	socklen_t len = sizeof(who);

	unlink(a.sun_path);
	CHECK(bind(l, (void *)&a, sizeof(a)) == 0 && listen(l, 1) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	post(s[0], "x", NULL, &l, 1);
	close(l);
	work_ready();
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(connect(c, (void *)&a, sizeof(a)) == 0);
	CHECK(getsockopt(c, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 && who.pid == getpid());
	CHECK(accept(fetch(s[1], 8).fds[0], NULL, NULL) >= 0);
}

/* What a task has to put back, with its own number. */
static void do_async(void)
{
	int s[2], in[2], lease = open("lease", O_CREAT | O_RDWR, 0600);

	close(lease);
	lease = open("lease", O_RDONLY);
	CHECK(lease >= 0 && fcntl(lease, F_SETLEASE, F_RDLCK) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, in) == 0);
	CHECK(fcntl(in[0], F_SETFL, O_ASYNC) == 0);
	post(s[0], "x", NULL, (int[]){ in[0], lease }, 2);
	close(in[0]);
	close(lease);
	work_ready();
	CHECK_EQ(fetch(s[1], 8).nr, 2);
}

static int get(int s, int option)
{
	int v = -2;
	socklen_t len = sizeof(v);

	CHECK(getsockopt(s, SOL_SOCKET, option, &v, &len) == 0);
	return v;
}

/* So many that looking at them takes a while; the options that this needs are as they were. */
static void do_many(void)
{
	int s[4][2], i, k, fd = open("/dev/null", O_RDONLY);
	struct letter l;
	char text[16];

	for (i = 0; i < 4; i++) {
		CHECK(socketpair(AF_UNIX, i & 1 ? SOCK_SEQPACKET : SOCK_DGRAM, 0, s[i]) == 0);
		set(s[i][0], SO_SNDBUFFORCE, 1 << 24);
		for (k = 0; k < 2000; k++) {
			snprintf(text, sizeof(text), "%d", k);
			post(s[i][0], text, NULL, &fd, !(k % 100));
		}
	}
	set(s[1][1], SO_PEEK_OFF, 7);
	set(s[2][1], SO_PASSCRED, 1);
	work_ready();
	for (i = 0; i < 4; i++) {
		CHECK_EQ(get(s[i][1], SO_PEEK_OFF), i == 1 ? 7 : -1);
		CHECK_EQ(get(s[i][1], SO_PASSCRED), i == 2);
		for (k = 0; k < 2000; k++) {
			snprintf(text, sizeof(text), "%d", k);
			l = fetch(s[i][1], sizeof(l.text));
			CHECK_STR(l.text, text);
			CHECK_EQ(l.nr, !(k % 100));
			CHECK(!l.nr || close(l.fds[0]) == 0);
		}
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "fds";

	if (!strcmp(what, "creds"))
		do_creds();
	else if (!strcmp(what, "epoll"))
		do_epoll();
	else if (!strcmp(what, "many"))
		do_many();
	else if (!strcmp(what, "listener"))
		do_listener();
	else if (!strcmp(what, "async"))
		do_async();
	else
		do_fds();
	work_pass();
}
