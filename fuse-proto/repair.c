// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Repair mode on a living socket, and the guard that ends it.
 *
 * Sequence numbers, windows and the send queue of a TCP socket are told in repair mode only
 * (net/ipv4/tcp.c), and that is a state of the socket, not of our duplicate: it would stay if we
 * died, and the container could not send any more. So a small child gets a duplicate of the socket
 * before the mode begins and ends it when its maker dies. Like the guard of the freeze (guard.c)
 * it watches its maker through a pidfd and makes only async-signal-safe calls. Repair mode begins
 * and ends without a packet (TCP_REPAIR_OFF_NO_WP, Linux 4.19), but changes SO_REUSEADDR, which is
 * put back.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "onlyfds.h"
#include "repair.h"

/** struct word - to the guard; with a descriptor: this one is about to be repaired; else: it is over
 */
struct word {
	struct repair_was was;
};

int repair_on(int fd)
{
	int on = TCP_REPAIR_ON;

	return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) < 0 ? -errno : 0;
}

int repair_off(int fd)
{
	int off = TCP_REPAIR_OFF_NO_WP;

	return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof(off)) < 0 ? -errno : 0;
}

static int undo(int fd, const struct repair_was *was)
{
	int rc = repair_off(fd);

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &was->reuse, sizeof(was->reuse)) < 0 && !rc)
		rc = -errno;
	if (was->peek >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &was->peek, sizeof(was->peek)) < 0 && !rc)
		rc = -errno;
	return rc;
}

/** union wire - room for one descriptor beside the word */
union wire {
	struct cmsghdr h;
	char room[CMSG_SPACE(sizeof(int))];
};

/* Return: 1 one came, 0 none is there, -1 the wire is closed */
static int take(int word, int *fd, struct repair_was *was, int flags)
{
	struct word w;
	union wire c;
	struct iovec v = { &w, sizeof(w) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
			    .msg_controllen = sizeof(c) };
	ssize_t n = recvmsg(word, &m, flags | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	if (n != sizeof(w))
		return -1;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	if (m.msg_controllen >= CMSG_LEN(sizeof(int)) && c.h.cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(&c.h), sizeof(int));
	*was = w.was;
	return 1;
}

static void __attribute__((noreturn)) watch(int maker, int word)
{
	struct pollfd p[2] = { { .fd = maker, .events = POLLIN }, { .fd = word, .events = POLLIN } };
	struct repair_was was = { 0, -1 };
	int fd = -1, rc = 0;

	setsid();
	if (write(word, "r", 1) != 1)
		_exit(1);
	while (rc >= 0) {
		if (poll(p, 2, -1) < 0 && errno == EINTR)
			continue;
		/* words that were said before the death are heard before it */
		if (p[1].revents)
			rc = take(word, &fd, &was, MSG_DONTWAIT);
		else if (p[0].revents)
			break;
	}
	if (fd >= 0)
		undo(fd, &was);
	_exit(0);
}

static int wait_ready(struct repair *r, struct err *e)
{
	ssize_t n;
	char c;

	do
		n = read(r->fd, &c, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		return 0;
	repair_stop(r);
	return fail(e, -ECHILD, "the guard of repaired sockets died: try again");
}

int repair_start(struct repair *r, struct err *e)
{
	int ends[2] = { -1, -1 }, rc = 0;
	int maker = syscall(SYS_pidfd_open, getpid(), 0);
	sigset_t all, old;
	pid_t pid = -1;

	r->fd = -1;
	if (maker < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		rc = -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (!rc)
		pid = fork();
	if (!pid) {
		int keep[2] = { maker, ends[0] };

		only_fds(keep, 2);
		watch(maker, ends[0]);
	}
	if (!rc && pid < 0)
		rc = -errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (maker >= 0)
		close(maker);
	if (ends[0] >= 0)
		close(ends[0]);
	if (rc) {
		if (ends[1] >= 0)
			close(ends[1]);
		return fail(e, rc, "fork the guard of repaired sockets");
	}
	r->fd = ends[1];
	r->pid = pid;
	return wait_ready(r, e);
}

void repair_stop(struct repair *r)
{
	if (r->fd < 0)
		return;
	kill(r->pid, SIGKILL);
	close(r->fd);
	while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		;
	r->fd = -1;
}

static int say(struct repair *r, int fd, const struct repair_was *was)
{
	struct word w = { .was = *was };
	union wire c = { .h = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec v = { &w, sizeof(w) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&c.h), &fd, sizeof(fd));
		m.msg_control = &c;
		m.msg_controllen = sizeof(c);
	}
	return sendmsg(r->fd, &m, MSG_NOSIGNAL) == sizeof(w) ? 0 : -errno;
}

/* One that is in repair mode already was left so by a crfs that was killed together with its guard. */
static int recall(int fd, struct repair_was *was)
{
	socklen_t len = sizeof(int);
	int on = 0;

	if (getsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &was->reuse, &len) < 0)
		return -errno;
	if (on)
		was->reuse = 1;
	len = sizeof(int);
	if (getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &was->peek, &len) < 0)
		was->peek = -1;
	return 0;
}

int repair_begin(struct repair *r, int fd, struct repair_was *was)
{
	int none = -1, rc = recall(fd, was);

	if (!rc)
		rc = say(r, fd, was);
	if (!rc)
		rc = repair_on(fd);
	if (!rc && was->peek >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &none, sizeof(none)) < 0)
		rc = -errno;
	if (rc)
		undo(fd, was);
	return rc;
}

int repair_end(struct repair *r, int fd, const struct repair_was *was)
{
	int rc = undo(fd, was);

	return rc ? rc : say(r, -1, was);
}
