/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits to be read from a unix socket, looked at without taking it out. */
#ifndef CRFS_UNIX_PEEK_H
#define CRFS_UNIX_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "pool.h"

/**
 * struct umsg - a message, or in a stream as many bytes as have the same sender and descriptors
 * @creds: @pid, @uid and @gid are those of the sender, as our pid namespace has them
 * @from: the name of the sending socket, @from_len bytes of it
 * @fds: duplicates of the descriptors in it, @nr_fds of them
 */
struct umsg {
	size_t len;
	bool creds;
	pid_t pid;
	uid_t uid;
	gid_t gid;
	const char *from;
	size_t from_len;
	int *fds;
	size_t nr_fds;
	struct umsg *next;
};

/** struct uqueue - a queue: messages in order, and the bytes of all, malloc'ed */
struct uqueue {
	struct umsg *first, **last;
	char *data;
	size_t len, size;
};

/**
 * struct upeek - a socket that is looked into
 * @fd: a duplicate; @type: SOCK_*
 * @off, @passcred: SO_PEEK_OFF and SO_PASSCRED as they were
 */
struct upeek {
	int fd, type;
	int off, passcred;
};

/**
 * upeek_begin() - set the options of @n sockets that looking needs
 *
 * A child of ours puts them back if we are killed meanwhile.
 * Return: the child's pid for upeek_end(), or a negative errno
 */
pid_t upeek_begin(struct upeek *p, size_t n);
/** upeek_end() - options as they were */
void upeek_end(struct upeek *p, size_t n, pid_t guard);

/** upeek_read() - all of it; messages in @pool. Return: 0 or a negative errno */
int upeek_read(struct upeek *p, struct pool *pool, struct uqueue *q);

#endif
