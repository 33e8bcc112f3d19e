// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unix sockets, each kind by its name: "stream" (the least), "pairs", "connections", "dgram", "makers". What is queued,
 * shut down, closed, named and owned must be so afterwards, and go on working.
 */
#include "tests/work/work.h"
#include <grp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define BIG 150000
#define PEERGROUPS 59		/* SO_PEERGROUPS */
#define PEERPIDFD 77		/* SO_PEERPIDFD, Linux 6.5 */

static int opt(int s, int option)
{
	int v = -1;
	socklen_t len = sizeof(v);

	CHECK(getsockopt(s, SOL_SOCKET, option, &v, &len) == 0);
	return v;
}

static void set(int s, int option, int v)
{
	CHECK(setsockopt(s, SOL_SOCKET, option, &v, sizeof(v)) == 0);
}

static void pair(int type, int s[2])
{
	CHECK(socketpair(AF_UNIX, type, 0, s) == 0);
}

static void put(int s, const char *text)
{
	CHECK(send(s, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)strlen(text));
}

static void got(int s, const char *text)
{
	char buf[256];
	ssize_t n = recv(s, buf, sizeof(buf) - 1, MSG_DONTWAIT);

	CHECK(n >= 0);
	buf[n] = '\0';
	CHECK_STR(buf, text);
}

static void nothing(int s)
{
	char c;

	CHECK(recv(s, &c, 1, MSG_DONTWAIT) == -1);
	CHECK_EQ(errno, EAGAIN);
}

static void end(int s)
{
	char c;

	CHECK_EQ(recv(s, &c, 1, MSG_DONTWAIT), 0);
}

static void broken(int s)
{
	CHECK(send(s, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == -1);
	CHECK_EQ(errno, EPIPE);
}

/* Abstract names are the machine's, where other runs of this may be. */
static socklen_t address(struct sockaddr_un *a, const char *name)
{
	const char *id = getenv("CRFS_TEST_ID");

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (*name == '@')
		return offsetof(struct sockaddr_un, sun_path) + 1 +
		       snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "%s-%s", name + 1, id ? id : "");
	strcpy(a->sun_path, name);
	return offsetof(struct sockaddr_un, sun_path) + strlen(name) + 1;
}

static int bound(int type, const char *name)
{
	struct sockaddr_un a;
	int s = socket(AF_UNIX, type, 0);

	if (*name != '@')
		unlink(name);
	CHECK(s >= 0 && bind(s, (void *)&a, address(&a, name)) == 0);
	return s;
}

static void connect_to(int s, const char *name)
{
	struct sockaddr_un a;

	CHECK(connect(s, (void *)&a, address(&a, name)) == 0);
}

/* @name "": none */
static void is_called(int s, const char *name, bool peer)
{
	struct sockaddr_un a = { 0 }, want;
	socklen_t len = sizeof(a), n = *name ? address(&want, name) :
				       offsetof(struct sockaddr_un, sun_path);

	CHECK((peer ? getpeername(s, (void *)&a, &len) : getsockname(s, (void *)&a, &len)) == 0);
	if (!*name && len == sizeof(sa_family_t))
		return;
	CHECK_EQ(len, n);
	CHECK(!*name || !memcmp(a.sun_path, want.sun_path, n - sizeof(sa_family_t)));
}

static void made_by(int s, pid_t pid)
{
	struct ucred c;
	socklen_t len = sizeof(c);

	CHECK(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &len) == 0);
	CHECK_EQ(c.pid, pid);
	CHECK_EQ(c.uid, geteuid());
}

static void do_stream(void)
{
	int s[2];

	pair(SOCK_STREAM, s);
	put(s[0], "abc");
	put(s[0], "def");
	put(s[1], "xyz");
	work_ready();
	got(s[1], "abcdef");
	nothing(s[1]);
	got(s[0], "xyz");
	put(s[0], "more");
	got(s[1], "more");
	made_by(s[0], getpid());
}

static void fill(int s, size_t n, unsigned int seed)
{
	char *buf = malloc(n);

	work_fill(buf, n, seed);
	CHECK(send(s, buf, n, MSG_DONTWAIT) == (ssize_t)n);
	free(buf);
}

static void filled(int s, size_t n, unsigned int seed)
{
	char *buf = malloc(n);

	CHECK(recv(s, buf, n, MSG_WAITALL) == (ssize_t)n);
	CHECK(work_same(buf, n, seed));
	free(buf);
}

/* socketpair(2): all types, full, half-closed in both ways, the other end closed with and without data. */
static void do_pairs(void)
{
	int big[2], seq[2], dg[2], wr[2], rd[2], both[2], gone[2], left[2], reset[2], err = 0;
	int named = bound(SOCK_STREAM, "only-bound"), abst = bound(SOCK_SEQPACKET, "@crfs-test-unix-bound");
	int dgone[2], size[2], late[2], none = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), err2 = 0;
	socklen_t len = sizeof(err);
	struct stat st;

	pair(SOCK_STREAM, big);
	set(big[0], SO_SNDBUF, 400000);
	fill(big[0], BIG, 1);
	pair(SOCK_STREAM, size);
	set(size[0], SO_SNDBUF, 4096);
	set(size[1], SO_RCVBUF, 5000);
	while (send(size[0], "0123456789", 10, MSG_DONTWAIT) == 10)
		;
	CHECK(ioctl(size[1], FIONREAD, &err) == 0);
	CHECK(fchmod(size[0], 0640) == 0);
	pair(SOCK_SEQPACKET, seq);
	put(seq[0], "one");
	CHECK(send(seq[0], "", 0, 0) == 0);
	put(seq[0], "three");
	fill(seq[0], 70000, 2);
	pair(SOCK_DGRAM, dg);
	put(dg[1], "a");
	put(dg[1], "bc");
	fill(dg[1], 90000, 3);
	pair(SOCK_STREAM, wr);
	put(wr[0], "last words");
	CHECK(shutdown(wr[0], SHUT_WR) == 0);
	put(wr[1], "answer");
	pair(SOCK_SEQPACKET, rd);
	put(rd[0], "kept");
	CHECK(shutdown(rd[1], SHUT_RD) == 0);
	pair(SOCK_STREAM, both);
	CHECK(shutdown(both[0], SHUT_RDWR) == 0);
	pair(SOCK_STREAM, gone);
	close(gone[1]);
	pair(SOCK_SEQPACKET, left);
	put(left[1], "left");
	put(left[1], "behind");
	close(left[1]);
	pair(SOCK_STREAM, reset);
	put(reset[1], "data first");
	put(reset[0], "unread");
	close(reset[1]);
	pair(SOCK_DGRAM, dgone);
	put(dgone[1], "from the dead");
	close(dgone[1]);
	pair(SOCK_STREAM, late);
	{
		struct sockaddr_un a;

		CHECK(bind(late[0], (void *)&a, address(&a, "@crfs-test-unix-late")) == 0);
	}
	set(dg[0], SO_PASSCRED, 1);
	set(big[1], SO_PEEK_OFF, 5);
	work_ready();
	filled(big[1], BIG, 1);
	CHECK_EQ(opt(big[0], SO_SNDBUF), 800000);
	CHECK_EQ(opt(big[1], SO_PEEK_OFF), 0);	/* reading moves it */
	CHECK_EQ(opt(size[0], SO_SNDBUF), 8192);
	CHECK_EQ(opt(size[1], SO_RCVBUF), 10000);
	CHECK(ioctl(size[1], FIONREAD, &err2) == 0);
	CHECK_EQ(err, err2);
	CHECK(fstat(size[0], &st) == 0 && (st.st_mode & 07777) == 0640);
	got(seq[1], "one");
	got(seq[1], "");
	got(seq[1], "three");
	filled(seq[1], 70000, 2);
	nothing(seq[1]);
	got(dg[0], "a");
	got(dg[0], "bc");
	filled(dg[0], 90000, 3);
	CHECK_EQ(opt(dg[0], SO_PASSCRED), 1);
	put(dg[0], "back");
	got(dg[1], "back");
	got(wr[1], "last words");
	end(wr[1]);
	broken(wr[0]);
	got(wr[0], "answer");
	put(wr[1], "more");
	got(wr[0], "more");
	got(rd[1], "kept");
	end(rd[1]);
	broken(rd[0]);
	put(rd[1], "still");
	got(rd[0], "still");
	end(both[0]);
	end(both[1]);
	broken(both[1]);
	end(gone[0]);
	broken(gone[0]);
	got(left[0], "left");
	got(left[0], "behind");
	end(left[0]);
	got(reset[0], "data first");
	CHECK(recv(reset[0], &err, 1, 0) == -1 && errno == ECONNRESET);
	end(reset[0]);
	got(dgone[0], "from the dead");
	CHECK(send(dgone[0], "x", 1, 0) == -1 && errno == ECONNREFUSED);
	CHECK(getsockopt(none, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && err == 0);
	CHECK(fcntl(none, F_GETFL) & O_NONBLOCK);
	is_called(late[1], "@crfs-test-unix-late", true);
	put(late[1], "x");
	got(late[0], "x");
	CHECK(listen(named, 1) == 0 && listen(abst, 1) == 0);
	connect_to(none, "only-bound");
	connect_to(socket(AF_UNIX, SOCK_SEQPACKET, 0), "@crfs-test-unix-bound");
}

/* connect(2): by path and abstract, with the listener there and gone, the file unlinked, renamed. */
static void do_connections(void)
{
	static const char *const names[] = { "by-path", "@crfs-test-unix-abstract", "unlinked",
					     "renamed", "./sub/../sub/relative" };
	int l[5], c[5], a[5], i, x, wait[3], lonely, lost_c, lost_a, own;
	pid_t child;

	mkdir("sub", 0755);
	for (i = 0; i < 5; i++) {
		l[i] = bound(i & 1 ? SOCK_SEQPACKET : SOCK_STREAM, names[i]);
		CHECK(listen(l[i], 5) == 0);
		c[i] = socket(AF_UNIX, i & 1 ? SOCK_SEQPACKET : SOCK_STREAM, 0);
		connect_to(c[i], names[i]);
		a[i] = accept(l[i], NULL, NULL);
		put(c[i], "question");
		put(a[i], "answer");
	}
	CHECK(unlink("unlinked") == 0 && rename("renamed", "renamed-to") == 0);
	close(l[2]);
	/* abstract, and nobody listens any more */
	x = bound(SOCK_STREAM, "@crfs-test-unix-closed");
	CHECK(listen(x, 1) == 0);
	own = bound(SOCK_STREAM, "@crfs-test-unix-client");
	connect_to(own, "@crfs-test-unix-closed");
	lonely = accept(x, NULL, NULL);
	close(x);
	/* one side is gone */
	lost_c = socket(AF_UNIX, SOCK_STREAM, 0);
	connect_to(lost_c, names[0]);
	x = accept(l[0], NULL, NULL);
	put(x, "bye");
	close(x);
	x = bound(SOCK_STREAM, "@crfs-test-unix-lost");
	connect_to(x, names[0]);
	lost_a = accept(l[0], NULL, NULL);
	put(x, "bye, too");
	close(x);
	for (i = 0; i < 3; i++) {
		wait[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		connect_to(wait[i], names[0]);
	}
	CHECK(shutdown(wait[2], SHUT_WR) == 0);
	/* made by somebody who is no more */
	child = fork();
	if (!child)
		_exit(connect(socket(AF_UNIX, SOCK_STREAM, 0), NULL, 0) == 0);
	CHECK(waitpid(child, NULL, 0) == child);
	work_ready();
	for (i = 0; i < 5; i++) {
		is_called(c[i], "", false);
		is_called(c[i], names[i], true);
		is_called(a[i], names[i], false);
		is_called(a[i], "", true);
		made_by(c[i], getpid());
		made_by(a[i], getpid());
		got(a[i], "question");
		got(c[i], "answer");
		put(c[i], "again");
		got(a[i], "again");
	}
	is_called(own, "@crfs-test-unix-client", false);
	is_called(own, "@crfs-test-unix-closed", true);
	is_called(lonely, "@crfs-test-unix-closed", false);
	is_called(lonely, "@crfs-test-unix-client", true);
	put(own, "x");
	got(lonely, "x");
	is_called(lost_c, names[0], true);
	got(lost_c, "bye");
	end(lost_c);
	is_called(lost_a, names[0], false);
	is_called(lost_a, "@crfs-test-unix-lost", true);
	got(lost_a, "bye, too");
	end(lost_a);
	for (i = 0; i < 3; i++) {
		x = accept(l[0], NULL, NULL);
		CHECK(x >= 0);
		made_by(x, getpid());
		if (i < 2) {
			put(wait[i], "waited");
			got(x, "waited");
		} else {
			broken(wait[2]);
			end(x);
		}
	}
	CHECK(access("unlinked", F_OK) == -1 && access("renamed", F_OK) == -1);
	x = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	connect_to(x, "renamed-to");
	x = socket(AF_UNIX, SOCK_STREAM, 0);
	connect_to(x, "sub/relative");
}

/* Datagrams: named, abstract, connected by many, to one that is connected elsewhere, senders that are gone. */
static void do_dgram(void)
{
	int log = bound(SOCK_DGRAM, "log"), abst = bound(SOCK_DGRAM, "@crfs-test-unix-dgram");
	int named = bound(SOCK_DGRAM, "named"), c[3], i, x, gone, self, unlinked;
	int front = bound(SOCK_DGRAM, "front"), back = bound(SOCK_DGRAM, "back"), dead;
	struct sockaddr_un a;
	socklen_t len;
	char buf[64];

	for (i = 0; i < 3; i++) {
		c[i] = socket(AF_UNIX, SOCK_DGRAM, 0);
		connect_to(c[i], "log");
		put(c[i], i ? "two" : "one");
	}
	connect_to(named, "log");
	put(named, "from named");
	x = bound(SOCK_DGRAM, "sender");
	CHECK(sendto(x, "dead sender", 11, 0, (void *)&a, address(&a, "log")) == 11);
	CHECK(sendto(x, "q", 1, 0, (void *)&a, address(&a, "@crfs-test-unix-dgram")) == 1);
	CHECK(sendto(x, "early", 5, 0, (void *)&a, address(&a, "front")) == 5);
	close(x);
	unlink("sender");
	connect_to(c[0], "front");
	put(c[0], "before");
	connect_to(front, "back");
	put(front, "to back");
	unlinked = bound(SOCK_DGRAM, "unlinked");
	connect_to(c[1], "unlinked");
	put(c[1], "hidden");
	unlink("unlinked");
	dead = bound(SOCK_DGRAM, "dead");
	gone = socket(AF_UNIX, SOCK_DGRAM, 0);
	connect_to(gone, "dead");
	close(dead);
	self = bound(SOCK_DGRAM, "@crfs-test-unix-self");
	connect_to(self, "@crfs-test-unix-self");
	put(self, "to myself");
	CHECK(shutdown(abst, SHUT_RD) == 0);
	work_ready();
	got(log, "one");
	got(log, "two");
	got(log, "two");
	len = sizeof(a);
	CHECK_EQ(recvfrom(log, buf, sizeof(buf), 0, (void *)&a, &len), 10);
	CHECK_STR(a.sun_path, "named");
	len = sizeof(a);
	CHECK_EQ(recvfrom(log, buf, sizeof(buf), 0, (void *)&a, &len), 11);
	CHECK_STR(a.sun_path, "sender");
	nothing(log);
	got(abst, "q");
	got(front, "early");
	got(front, "before");
	got(back, "to back");
	got(unlinked, "hidden");
	got(self, "to myself");
	put(self, "again");
	got(self, "again");
	CHECK(send(c[0], "x", 1, 0) == -1 && errno == EPERM);
	put(c[1], "y");
	got(unlinked, "y");
	put(c[2], "z");
	got(log, "z");
	CHECK(sendto(c[2], "x", 1, 0, (void *)&a, address(&a, "@crfs-test-unix-dgram")) == -1);
	CHECK_EQ(errno, EPIPE);
	is_called(named, "log", true);
	is_called(gone, "dead", true);
	CHECK(send(gone, "x", 1, 0) == -1 && errno == ECONNREFUSED);
	x = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK(sendto(x, "new", 3, 0, (void *)&a, address(&a, "log")) == 3);
	got(log, "new");
	CHECK(access("unlinked", F_OK) == -1);
}

static void send_with(int s, const char *text, const struct ucred *who, int fd)
{
	char control[128] __attribute__((aligned(16))) = { 0 };
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c = (void *)control;

	if (who) {
		*c = (struct cmsghdr){ CMSG_LEN(sizeof(*who)), SOL_SOCKET, SCM_CREDENTIALS };
		memcpy(CMSG_DATA(c), who, sizeof(*who));
		m.msg_controllen = CMSG_SPACE(sizeof(*who));
		c = (void *)(control + m.msg_controllen);
	}
	if (fd >= 0) {
		*c = (struct cmsghdr){ CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
		m.msg_controllen += CMSG_SPACE(sizeof(fd));
	}
	CHECK(sendmsg(s, &m, 0) == (ssize_t)strlen(text));
}

/* The next message of @s must be this one. Return: the descriptor in it, or -1 */
static int comes_with(int s, const char *text, const struct ucred *who)
{
	char control[128] __attribute__((aligned(16))), buf[64];
	struct iovec iov = { buf, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct ucred is = { .pid = -1 };
	struct cmsghdr *c;
	int fd = -1;

	CHECK_EQ(recvmsg(s, &m, MSG_DONTWAIT), strlen(text));
	CHECK(!memcmp(buf, text, strlen(text)));
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		memcpy(c->cmsg_type == SCM_RIGHTS ? (void *)&fd : &is, CMSG_DATA(c),
		       c->cmsg_type == SCM_RIGHTS ? sizeof(fd) : sizeof(is));
	if (who) {
		CHECK_EQ(is.pid, who->pid);
		CHECK_EQ(is.uid, who->uid);
		CHECK_EQ(is.gid, who->gid);
	}
	return fd;
}

static void is_from(int s, pid_t pid, uid_t uid, gid_t gid, int nr_groups, gid_t last)
{
	gid_t groups[16];
	struct ucred c;
	socklen_t len = sizeof(c);

	CHECK(getsockopt(s, SOL_SOCKET, SO_PEERCRED, &c, &len) == 0);
	CHECK_EQ(c.pid, pid);
	CHECK_EQ(c.uid, uid);
	CHECK_EQ(c.gid, gid);
	len = sizeof(groups);
	CHECK(getsockopt(s, SOL_SOCKET, PEERGROUPS, groups, &len) == 0);
	CHECK_EQ(len / sizeof(gid_t), nr_groups);
	CHECK(!nr_groups || groups[nr_groups - 1] == last);
}

/* What was sent into connections that nobody has accepted yet. */
static void do_early(void)
{
	int l = bound(SOCK_STREAM, "early"), packets = bound(SOCK_SEQPACKET, "@crfs-test-unix-early");
	struct ucred who = { getpid(), 77, 78 };
	int c[5], p[2], s, in, i;
	char x;

	CHECK(listen(l, 9) == 0 && listen(packets, 3) == 0 && pipe(p) == 0);
	for (i = 0; i < 5; i++) {
		c[i] = socket(AF_UNIX, i < 4 ? SOCK_STREAM : SOCK_SEQPACKET, 0);
		connect_to(c[i], i < 4 ? "early" : "@crfs-test-unix-early");
	}
	put(c[0], "early ");
	put(c[0], "bird");
	fill(c[1], 100000, 5);
	CHECK(shutdown(c[1], SHUT_WR) == 0);
	put(c[2], "plain");
	send_with(c[2], "with", &who, p[1]);
	who.pid = getppid();
	send_with(c[2], "from another", &who, -1);
	send_with(c[2], "itself", NULL, c[2]);
	who.pid = getpid();
	put(c[4], "one");
	put(c[4], "");
	send_with(c[4], "three", &who, l);

	work_ready();

	s = accept(l, NULL, NULL);
	got(s, "early bird");
	put(s, "worm");
	got(c[0], "worm");
	s = accept(l, NULL, NULL);
	filled(s, 100000, 5);
	end(s);
	put(s, "back");
	got(c[1], "back");
	s = accept(l, NULL, NULL);
	set(s, SO_PASSCRED, 1);
	CHECK_EQ(comes_with(s, "plain", NULL), -1);
	in = comes_with(s, "with", &who);
	CHECK(in >= 0 && write(in, "!", 1) == 1 && read(p[0], &x, 1) == 1 && x == '!');
	comes_with(s, "from another", NULL);
	in = comes_with(s, "itself", NULL);
	put(in, "me");
	got(s, "me");
	s = accept(l, NULL, NULL);
	nothing(s);
	s = accept(packets, NULL, NULL);
	set(s, SO_PASSCRED, 1);
	comes_with(s, "one", NULL);
	comes_with(s, "", NULL);
	in = comes_with(s, "three", &who);
	CHECK_EQ(opt(in, SO_ACCEPTCONN), 1);
}

/* What is refused. */
static void do_early_only(void)
{
	int l = bound(SOCK_STREAM, "early"), c = socket(AF_UNIX, SOCK_STREAM, 0), p[2], in;

	CHECK(listen(l, 3) == 0 && pipe(p) == 0);
	connect_to(c, "early");
	send_with(c, "only here", NULL, p[1]);
	close(p[1]);
	work_ready();
	in = comes_with(accept(l, NULL, NULL), "only here", NULL);
	CHECK(write(in, "!", 1) == 1);
}

/* Who has connected, maybe said something, and closed, before anybody accepted it; between those who have not closed. */
static void do_early_gone(void)
{
	int l = bound(SOCK_STREAM, "early"), packets = bound(SOCK_SEQPACKET, "@crfs-test-unix-early"), c, open, s, p[2], in;
	struct ucred who = { getpid(), 77, 78 };
	const bool own = getpid() == 1;	/* then whose the number in a message was is lost, with a line, when it is dead */
	gid_t groups[] = { 7, 70 };
	pid_t child;
	char x;

	CHECK(listen(l, 9) == 0 && listen(packets, 3) == 0 && pipe(p) == 0 && chmod("early", 0777) == 0);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	connect_to(c, "early");
	close(c);
	open = socket(AF_UNIX, SOCK_STREAM, 0);
	connect_to(open, "early");
	put(open, "still there");
	c = bound(SOCK_STREAM, "caller");
	connect_to(c, "early");
	put(c, "last ");
	put(c, "words");
	send_with(c, "as another", &who, p[1]);
	fill(c, 100000, 5);
	close(c);
	unlink("caller");
	child = fork();
	if (!child) {
		CHECK(setgroups(2, groups) == 0 && setresgid(11, 12, 0) == 0 && setresuid(13, 14, 0) == 0);
		c = socket(AF_UNIX, SOCK_STREAM, 0);
		connect_to(c, "early");
		if (!own)
			put(c, "from a child");
		_exit(0);
	}
	CHECK(child > 0 && waitpid(child, NULL, 0) == child);
	c = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	connect_to(c, "@crfs-test-unix-early");
	put(c, "one");
	put(c, "");
	send_with(c, "three", &who, l);
	close(c);

	work_ready();

	s = accept(l, NULL, NULL);
	made_by(s, getpid());
	is_called(s, "", true);
	end(s);
	broken(s);
	s = accept(l, NULL, NULL);
	got(s, "still there");
	put(s, "answer");
	got(open, "answer");
	s = accept(l, NULL, NULL);
	is_called(s, "caller", true);
	is_called(s, "early", false);
	set(s, SO_PASSCRED, 1);
	CHECK_EQ(comes_with(s, "last words", NULL), -1);
	in = comes_with(s, "as another", &who);
	CHECK(in >= 0 && write(in, "!", 1) == 1 && read(p[0], &x, 1) == 1 && x == '!');
	filled(s, 100000, 5);
	end(s);
	s = accept(l, NULL, NULL);
	is_from(s, child, 14, 12, 2, 70);
	if (!own)
		got(s, "from a child");
	end(s);
	s = accept(packets, NULL, NULL);
	made_by(s, getpid());
	set(s, SO_PASSCRED, 1);
	comes_with(s, "one", NULL);
	comes_with(s, "", NULL);
	in = comes_with(s, "three", &who);
	CHECK_EQ(opt(in, SO_ACCEPTCONN), 1);
	set(s, SO_PASSCRED, 0);
	end(s);
	fcntl(l, F_SETFL, O_NONBLOCK);
	CHECK(accept(l, NULL, NULL) == -1 && errno == EAGAIN);
}

/* What is refused for as long as it waits. */
static void do_gone_only(void)
{
	int l = bound(SOCK_STREAM, "early"), c = socket(AF_UNIX, SOCK_STREAM, 0), p[2];

	CHECK(listen(l, 3) == 0 && pipe(p) == 0);
	connect_to(c, "early");
	send_with(c, "only here", NULL, p[1]);
	close(p[1]);
	close(c);
	work_ready();
	CHECK(write(comes_with(accept(l, NULL, NULL), "only here", NULL), "!", 1) == 1);
}

static void do_urgent(void)
{
	int s[2];
	char c;

	pair(SOCK_STREAM, s);
	put(s[0], "usual");
	if (send(s[0], "!", 1, MSG_OOB) != 1)
		work_skip("no MSG_OOB for unix sockets");
	send_with(s[0], "fd", NULL, s[0]);
	work_ready();
	got(s[1], "usual");
	CHECK(recv(s[1], &c, 1, MSG_OOB) == 1 && c == '!');
}

static void do_stray(void)
{
	int s[2], elsewhere = bound(SOCK_DGRAM, "elsewhere");

	pair(SOCK_DGRAM, s);
	connect_to(s[0], "elsewhere");
	put(s[0], "moved");
	work_ready();
	got(elsewhere, "moved");
}

static int in_table(void *arg)
{
	int *s = arg;
	gid_t groups[] = { 7, 70 };

	/* The raw calls: libc would have all threads of ours do it. */
	if (syscall(SYS_setgroups, 2, groups) || syscall(SYS_setresgid, 11, 12, 0) ||
	    syscall(SYS_setresuid, 13, 14, 0))
		return 1;
	return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s) < 0;
}

/* Who made it: another task, with other ids and groups; one that is dead; the listener as another user. */
static void do_makers(void)
{
	int l = bound(SOCK_STREAM, "makers"), in, out, pidfd, dead[2], status, none[2], mine[2];
	gid_t groups[] = { 1000, 2000, 3000 };
	socklen_t len = sizeof(pidfd);
	struct sockaddr_un a;
	static char stack[65536];
	pid_t child, who;

	CHECK(setgroups(0, NULL) == 0);
	pair(SOCK_DGRAM, mine);
	CHECK(setgroups(2, groups) == 0);
	CHECK(chmod("makers", 0777) == 0 && chmod(".", 0777) == 0);
	CHECK(setresgid(-1, 500, -1) == 0 && setresuid(-1, 501, -1) == 0);
	CHECK(listen(l, 3) == 0);
	CHECK(setresuid(-1, 0, -1) == 0 && setresgid(-1, 0, -1) == 0);
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
	child = work_fork();
	if (!child) {
		CHECK(setgroups(3, groups) == 0 && setgid(1000) == 0 && setuid(1001) == 0);
		out = socket(AF_UNIX, SOCK_STREAM, 0);
		CHECK(connect(out, (void *)&a, address(&a, "makers")) == 0);
		work_up();
		work_wait();
		is_from(out, getppid(), 501, 500, 2, 2000);
		CHECK(recv(out, stack, 5, MSG_WAITALL) == 5 && !memcmp(stack, "hello", 5));
		_exit(0);
	}
	in = accept(l, NULL, NULL);
	put(in, "hello");
	CHECK(in >= 0);
	who = clone(in_table, stack + sizeof(stack), CLONE_FILES | CLONE_VM | SIGCHLD, dead);
	CHECK(who > 0 && waitpid(who, &status, 0) == who && status == 0);
	pair(SOCK_DGRAM, none);
	put(dead[0], "from the living");
	work_ready();
	is_from(in, child, 1001, 1000, 3, 3000);
	is_from(mine[0], getpid(), 0, 0, 0, 0);
	is_from(none[1], getpid(), 0, 0, 2, 2000);
	is_from(dead[0], who, 14, 12, 2, 70);
	is_from(dead[1], who, 14, 12, 2, 70);
	got(dead[1], "from the living");
	if (getsockopt(in, SOL_SOCKET, PEERPIDFD, &pidfd, &len) == 0)
		CHECK(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0);
	work_join(child, 0);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} kinds[] = {
		{ "stream", do_stream }, { "pairs", do_pairs }, { "connections", do_connections },
		{ "dgram", do_dgram }, { "makers", do_makers },
		{ "early", do_early }, { "early_only", do_early_only }, { "early_gone", do_early_gone },
		{ "gone_only", do_gone_only }, { "urgent", do_urgent },
		{ "stray", do_stray },
	};
	const char *want = argc > 1 ? argv[1] : "stream";
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, want)) {
			kinds[i].run();
			work_pass();
		}
	work_fail(__FILE__, __LINE__, "no kind %s", want);
}
