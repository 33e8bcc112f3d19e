/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting unix sockets back, all together: they are made of each other. */
#ifndef CRFS_UNIX_JOIN_H
#define CRFS_UNIX_JOIN_H

#include <sys/socket.h>

#include <crfs/res/fd/unix.h>
#include <crfs/res/inode/unix_queue.h>

#include "errand.h"
#include "image.h"
#include "unix_name.h"

/**
 * struct rsock - a socket that is put back
 * @peer: what it is connected to, if that is one of these
 * @fd: once it is made, else -1
 * @ghost: a stand-in for a peer that is gone, until the queue is filled; else -1
 * @paired: it was made together with its peer, by socketpair(2)
 * @before: dgram: how many connect to it that must have done so before it connects itself
 */
struct rsock {
	struct iobj *o;
	const struct crfs_fd_unix *r;
	struct rsock *peer;
	int fd, ghost;
	bool paired;
	unsigned int before;
};

/**
 * struct rsocks - all
 * @names: dgram sockets that have names, by name, for looking up senders
 * @tmpfs: a file system that nobody sees, for the files of sockets that soon have none; -1
 * @serial: of names in it
 * @batch: how many may wait at a listener
 */
struct rsocks {
	struct restore *rs;
	struct rsock *s;
	size_t n;
	struct rsock **names;
	size_t nr_names;
	int tmpfs;
	unsigned int serial;
	size_t batch;
};

/** unix_name() - the name part of a record */
static inline struct uname unix_name(const struct crfs_fd_unix *r)
{
	return (struct uname){ r->name, r->path, r->mnt_ns, r->unlinked,
			       r->path_mode, r->path_uid, r->path_gid };
}

static inline bool unix_dgram(const struct rsock *s)
{
	return s->r->socktype == SOCK_DGRAM;
}

/** unix_maker() - who made it, or connected to it */
static inline struct maker unix_maker(const struct rsock *s)
{
	const struct crfs_fd_unix *r = s->r;

	if (r->peer_uid < 0)
		return (struct maker){ .pid = 0 };
	return (struct maker){ r->peer_pid, r->peer_uid, r->peer_gid, r->peer_groups };
}

/** maker_order() - for sorting by maker */
int maker_order(const struct maker *x, const struct maker *y);

/** unix_check_queue() - ->check of inodes/<queue>; @again: it may be that of @o already */
void unix_check_queue(struct image *im, struct iobj *o, int socktype, unsigned int queue, bool again);

/** unix_join() - ->join of fd/unix */
int unix_join(struct restore *rs);

/** unix_make() - every socket, with its name and, but for datagrams by name, connected (unix_make.c) */
int unix_make(struct rsocks *all);


/** unix_waiting() - connections that nobody has accepted, when listeners have their options (unix_wait.c) */
int unix_waiting(struct rsocks *all);

/** unix_listen() - listeners are those again who listened, and their backlogs are as they were */
int unix_listen(struct restore *rs);

/** unix_fill() - send what waits to be read (unix_fill.c) */
int unix_fill(struct rsocks *all);

/** unix_fill_one() - the same of one socket that has a queue */
int unix_fill_one(struct rsocks *all, struct rsock *s);

/** unix_sender() - the datagram socket with this name, an abstract one where @to is; or NULL */
struct rsock *unix_sender(const struct rsocks *all, const struct rsock *to, const struct crfs_str *name);

/** unix_temporary() - bind to a name that is wanted for a while only */
int unix_temporary(struct rsocks *all, const struct crfs_str *name, int fd);

/** unix_file() - O_PATH of the file that @fd is bound to; -1: it has none */
int unix_file(int fd);

#endif
