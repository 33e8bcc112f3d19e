/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errands: system calls made by the one whom the kernel shall remember as their maker. */
#ifndef CRFS_ERRAND_H
#define CRFS_ERRAND_H

#include <sys/socket.h>
#include <sys/un.h>

#include <crfs/shape.h>

#include "image.h"

#define ERRAND_MAX 128		/* jobs at a time */

/**
 * struct maker - who: what SO_PEERCRED will say to the other end
 * @pid: as in the tree; of a task, or of a process that is dead; 0: no matter
 */
struct maker {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	struct crfs_str groups;
};

enum job_kind { JOB_PAIR, JOB_LISTEN, JOB_CONNECT };

/**
 * struct job - one call
 * @fd: the controller's descriptor of the socket that listens or connects
 * @type: of a new pair, which comes back in @pair
 * @backlog: JOB_LISTEN
 * @addr, @len: JOB_CONNECT: whom to
 * @file: JOB_CONNECT: or the O_PATH descriptor of a socket's file (SIOCUNIXFILE); else -1
 */
struct job {
	enum job_kind kind;
	int fd, type, backlog, file;
	struct sockaddr_un addr;
	socklen_t len;
	int pair[2];
};

/**
 * errand() - let @who do @n jobs, ERRAND_MAX at most
 *
 * A task does it itself, while it is stopped between its tapes; descriptors that it was born with are
 * closed by that. For who is dead a child is made that has the pid, or, if that is taken, any.
 * Return: 0 or a negative errno with the reason noted
 */
int errand(struct restore *rs, const struct maker *who, const char *path, struct job *jobs, size_t n);

/** errand_check() - ->check: could it be done? */
void errand_check(struct image *im, const char *path, pid_t pid);

/** errand_enter() - let children of ours be born where the @tree's numbers count, or again where ours do. Return: 0 or a negative errno */
int errand_enter(struct restore *rs, bool tree);

/** errand_child() - a child with @pid (0: any), which shares our descriptors, calls @f. For who is dead */
int errand_child(struct restore *rs, pid_t pid, const char *path, int (*f)(void *arg), void *arg);

#endif
