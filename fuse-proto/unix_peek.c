// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking into the queue of a unix socket: MSG_PEEK from an offset (SO_PEEK_OFF, Linux 3.4 for datagrams, 4.3
 * for streams), with the sender's credentials shown (SO_PASSCRED).
 *
 * Both are options of the container's own socket, so they are put back, by a child of ours if we are
 * killed. A stream is read up to where the sender changes or descriptors were attached (net/unix/af_unix.c,
 * unix_stream_read_generic()); what was sent before those comes in one piece with them.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sockopt.h"
#include "unix_peek.h"

#define SCM_PIDFD 0x04		/* SO_PASSPIDFD, Linux 6.5 */
#define MAX_FDS 253		/* in a message, include/net/scm.h */
#define NOBODY 65534

static void set(int fd, int option, int v)
{
	setsockopt(fd, SOL_SOCKET, option, &v, sizeof(v));
}

static void put_back(const struct upeek *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		set(p[i].fd, SO_PEEK_OFF, p[i].off);
		set(p[i].fd, SO_PASSCRED, p[i].passcred);
	}
}

/* The child's life; only async-signal-safe calls, since its maker has threads. */
static void __attribute__((noreturn)) guard(const struct upeek *p, size_t n, int maker)
{
	struct pollfd dead = { .fd = maker, .events = POLLIN };

	setsid();
	while (poll(&dead, 1, -1) < 0 && errno == EINTR)
		;
	put_back(p, n);
	_exit(0);
}

pid_t upeek_begin(struct upeek *p, size_t n)
{
	int maker = syscall(SYS_pidfd_open, getpid(), 0);
	sigset_t all, old;
	pid_t pid;
	size_t i;

	if (maker < 0)
		return -errno;
	for (i = 0; i < n; i++) {
		p[i].off = sock_int(p[i].fd, SOL_SOCKET, SO_PEEK_OFF);
		p[i].passcred = sock_int(p[i].fd, SOL_SOCKET, SO_PASSCRED) == 1;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (!pid)
		guard(p, n, maker);
	if (pid < 0)
		pid = -errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	close(maker);
	for (i = 0; i < n && pid > 0; i++)
		set(p[i].fd, SO_PASSCRED, 1);
	return pid;
}

void upeek_end(struct upeek *p, size_t n, pid_t pid)
{
	put_back(p, n);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/** struct piece - what one look has shown */
struct piece {
	ssize_t len;
	bool seen, cut;
	struct ucred who;
	int fds[MAX_FDS];
	size_t nr_fds;
	struct sockaddr_un from;
	socklen_t from_len;
};

static void take_cmsg(struct piece *p, struct cmsghdr *c)
{
	size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fd;

	if (c->cmsg_level != SOL_SOCKET)
		return;
	if (c->cmsg_type == SCM_CREDENTIALS) {
		memcpy(&p->who, CMSG_DATA(c), sizeof(p->who));
		p->seen = true;
	} else if (c->cmsg_type == SCM_RIGHTS && n <= MAX_FDS) {
		memcpy(p->fds, CMSG_DATA(c), n * sizeof(int));
		p->nr_fds = n;
	} else if (c->cmsg_type == SCM_PIDFD && n == 1) {
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		close(fd);
	}
}

static int look(const struct upeek *u, size_t off, void *buf, size_t size, struct piece *p)
{
	char control[8192] __attribute__((aligned(16)));
	struct iovec iov = { buf, size };
	struct msghdr m = { .msg_name = &p->from, .msg_namelen = sizeof(p->from), .msg_iov = &iov,
			    .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	*p = (struct piece){ .nr_fds = 0 };
	set(u->fd, SO_PEEK_OFF, off);
	p->len = recvmsg(u->fd, &m, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC |
			 (u->type == SOCK_STREAM ? 0 : MSG_TRUNC));
	if (p->len < 0)
		return errno == EAGAIN ? 0 : -errno;
	p->from_len = m.msg_namelen;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		take_cmsg(p, c);
	p->cut = m.msg_flags & MSG_CTRUNC;
	return 0;
}

static void let_go(struct piece *p)
{
	while (p->nr_fds)
		close(p->fds[--p->nr_fds]);
}

/*
 * How many of the @n bytes at @off were sent before the part that the descriptors came with. What is sent at
 * a time is copied as a whole or not at all: with one byte of room too few, and that where nothing is
 * mapped, all but the last part is.
 */
static ssize_t without_fds(const struct upeek *u, size_t off, char *buf, size_t n)
{
	struct iovec iov[2] = { { buf, n - 1 }, { (void *)8, 1 } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t got;

	set(u->fd, SO_PEEK_OFF, off);
	got = recvmsg(u->fd, &m, MSG_PEEK | MSG_DONTWAIT);
	return got >= 0 ? got : errno == EFAULT ? 0 : -errno;
}

static int add(struct uqueue *q, struct pool *pool, const struct piece *p, size_t len, bool fds)
{
	size_t skip = offsetof(struct sockaddr_un, sun_path);
	struct umsg *m = pool_alloc(pool, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->len = len;
	m->creds = p->seen && (p->who.pid || p->who.uid != NOBODY || p->who.gid != NOBODY);
	m->pid = m->creds ? p->who.pid : 0;
	m->uid = m->creds ? p->who.uid : 0;
	m->gid = m->creds ? p->who.gid : 0;
	if (p->from_len > skip && p->from_len <= sizeof(p->from)) {
		m->from_len = p->from_len - skip;
		if (*p->from.sun_path)
			m->from_len = strnlen(p->from.sun_path, m->from_len);
		m->from = pool_alloc(pool, m->from_len + 1);
		if (!m->from)
			return -ENOMEM;
		memcpy((char *)m->from, p->from.sun_path, m->from_len);
	}
	if (fds && p->nr_fds) {
		m->fds = pool_alloc(pool, p->nr_fds * sizeof(int));
		if (!m->fds)
			return -ENOMEM;
		memcpy(m->fds, p->fds, p->nr_fds * sizeof(int));
		m->nr_fds = p->nr_fds;
	}
	*q->last = m;
	q->last = &m->next;
	q->len += len;
	return 0;
}

static int grow(struct uqueue *q, size_t more)
{
	size_t size = q->size ? q->size : 4096;
	char *data;

	while (size - q->len < more)
		size *= 2;
	if (size == q->size)
		return 0;
	data = realloc(q->data, size);
	if (!data)
		return -ENOMEM;
	q->data = data;
	q->size = size;
	return 0;
}

/* A piece whose descriptors belong to its last part. */
static int add_piece(const struct upeek *u, struct pool *pool, struct uqueue *q, struct piece *p)
{
	ssize_t plain = 0;
	int rc = 0;

	if (u->type == SOCK_STREAM && p->nr_fds)
		plain = without_fds(u, q->len, q->data + q->len, p->len);
	if (plain < 0)
		return plain;
	if (plain)
		rc = add(q, pool, p, plain, false);
	return rc ?: add(q, pool, p, p->len - plain, true);
}

/* Return: 1 when there was nothing more */
static int next(const struct upeek *u, struct pool *pool, struct uqueue *q)
{
	struct piece p;
	int rc;

	for (;;) {
		rc = look(u, q->len, q->data + q->len, q->size - q->len, &p);
		/* Nothing, or the end of what is shut down, which has no sender. */
		if (rc || p.len < 0 || (!p.len && (u->type == SOCK_STREAM || !p.seen))) {
			let_go(&p);
			return rc ?: 1;
		}
		if (u->type == SOCK_STREAM || (size_t)p.len <= q->size - q->len)
			break;
		let_go(&p);	/* a long packet */
		rc = grow(q, p.len);
		if (rc)
			return rc;
	}
	rc = p.cut ? -EMFILE : add_piece(u, pool, q, &p);
	if (rc)
		let_go(&p);
	return rc;
}

/*
 * At its end a stream would tell of a pending error, once; so it is not read further than it goes. Others
 * tell before they give anything: they are not looked into then.
 */
int upeek_read(struct upeek *u, struct pool *pool, struct uqueue *q)
{
	int inq = 0, rc;

	*q = (struct uqueue){ .last = NULL };
	q->last = &q->first;
	if (ioctl(u->fd, FIONREAD, &inq) < 0)
		return -errno;
	rc = grow(q, inq + 1);
	while (!rc && (u->type != SOCK_STREAM || q->len < (size_t)inq)) {
		rc = next(u, pool, q);
		if (!rc && q->size == q->len)
			rc = grow(q, 1);
	}
	return rc == 1 ? 0 : rc;
}
