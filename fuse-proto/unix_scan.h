/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The container's unix sockets, seen together: who is whose peer, what waits, what is in flight. */
#ifndef CRFS_UNIX_SCAN_H
#define CRFS_UNIX_SCAN_H

#include <stdint.h>

#include "snap.h"
#include "unix_diag.h"
#include "unix_peek.h"

#define UNIX_URGENT "urgent_waits"	/* the row behind the options that has @urgent_at */

/** struct uclosed - a connection that waits at @place, whose other end was closed; @u: what was sent into it */
struct uclosed {
	struct uclosed *next;
	unsigned int place;
	uint64_t sk;
	struct usock *u;
};

/**
 * struct usock - a unix socket
 * @f: its description; @carrier: a task that has it, or has what it is in flight in
 * @diag: what sock_diag says, if @known
 * @peer: what it is connected to, if that is in the container
 * @listener, @place: in whose queue its other end waits to be accepted, and where, from 1
 * @closed: of a listener: what waits there and has no other end any more
 * @reset: an error waits to be told; @urgent: there is urgent data; @urgent_at: so many bytes are before it, or -1
 * @unseen: something was sent into the connection that waits, and cannot be looked at: -errno; -ENXIO: it has
 *	descriptors that no task has
 * @q: its queue, or, where its other end waits, what was sent into that; @files: of all descriptors in it, in order
 */
struct usock {
	struct file *f;
	struct task *carrier;
	int type;
	bool known, listens, reset, urgent;
	struct udiag diag;
	struct usock *peer;
	struct usock *listener;
	unsigned int place;
	struct uclosed *closed, **last_closed;
	int unseen;
	int64_t urgent_at;
	struct uqueue q;
	struct file **files;
	size_t nr_files;
};

/**
 * unix_scan() - look at all unix sockets among the files, and at all that are in flight in them
 * What is found in flight gets its number here. Called when no more descriptors will be asked about.
 */
int unix_scan(struct snap *s);

struct kmem;
/** unix_queued_read() - what was sent into the connection of @u, which waits (unix_queued.c). Return: 0 or -errno */
int unix_queued_read(struct snap *s, struct kmem *k, struct usock *u);

/** unix_closed_read() - the same of all that wait at @l and were closed; finds out where they lie. Return: 0 or -errno */
int unix_closed_read(struct snap *s, struct kmem *k, struct usock *l);

/** unix_peer_name() - that the other end of what lies at @sk has, or had, in s->pool. Return: 0 or -errno */
int unix_peer_name(struct snap *s, struct kmem *k, uint64_t sk, struct crfs_str *name);

/** unix_urgent_read() - what waits in @u (@fd: a duplicate), and where its urgent byte is. Return: 0 or -errno */
int unix_urgent_read(struct snap *s, struct kmem *k, struct usock *u, int fd);

/** unix_sock() - what is known of the unix socket @f, or NULL */
struct usock *unix_sock(const struct snap *s, const struct file *f);

/** unix_diag_error() - why sock_diag does not answer; 0 if it does */
int unix_diag_error(const struct snap *s);

/** unix_free() - with s->files */
void unix_free(struct snap *s);

#endif
