// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All messages are taken out of a queue and sent again: received they come by priority, and of one
 * priority in their order, and so they go back.
 *
 * A child does it, in memory that is shared with it: when the daemon dies in the middle, it goes on to
 * the end. It has left the process group, blocks every signal, and makes only async-signal-safe calls,
 * since its maker has threads.
 */
#include <errno.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mqueue_peek.h"

/** struct deck - shared with the child: messages, and behind them their texts, of @room bytes */
struct deck {
	int rc;
	size_t nr, max, len, room;
	struct peeked message[];
};

static char *texts(struct deck *d)
{
	return (char *)(d->message + d->max);
}

static int take_all(int fd, struct deck *d)
{
	unsigned int priority;
	ssize_t n;

	for (; d->nr < d->max; d->nr++) {
		n = syscall(SYS_mq_timedreceive, fd, texts(d) + d->len, d->room - d->len, &priority, NULL);
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		d->message[d->nr] = (struct peeked){ priority, n };
		d->len += n;
	}
	return 0;
}

static int put_all(int fd, struct deck *d)
{
	size_t i, off = 0;

	for (i = 0; i < d->nr; off += d->message[i].len, i++)
		if (syscall(SYS_mq_timedsend, fd, texts(d) + off, d->message[i].len,
			    d->message[i].priority, NULL))
			return -errno;
	return 0;
}

static void __attribute__((noreturn)) child(int fd, struct deck *d)
{
	int rc, again;

	setsid();
	rc = take_all(fd, d);
	again = put_all(fd, d);
	d->rc = again ?: rc;
	_exit(0);
}

static int run(int fd, struct deck *d)
{
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	pid = fork();
	if (!pid)
		child(fd, d);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, NULL, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return d->rc;
}

static int copy(struct deck *d, struct peek *p)
{
	p->message = malloc((d->nr + 1) * sizeof(*p->message));
	p->data = malloc(d->len + 1);
	if (!p->message || !p->data) {
		free(p->message);
		free(p->data);
		return -ENOMEM;
	}
	memcpy(p->message, d->message, d->nr * sizeof(*p->message));
	memcpy(p->data, texts(d), d->len);
	p->nr = d->nr;
	p->len = d->len;
	return 0;
}

int peek(int fd, unsigned long bytes, struct peek *p)
{
	struct mq_attr a;
	struct deck *d;
	size_t room, size;
	int rc;

	if (mq_getattr(fd, &a))
		return -errno;
	/* The last receive wants room for the longest there may be. */
	room = bytes + a.mq_msgsize;
	size = sizeof(*d) + a.mq_maxmsg * sizeof(struct peeked) + room;
	d = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (d == MAP_FAILED)
		return -errno;
	d->rc = -ECHILD;
	d->max = a.mq_maxmsg;
	d->room = room;
	rc = run(fd, d);
	if (!rc)
		rc = copy(d, p);
	munmap(d, size);
	return rc;
}
