/* SPDX-License-Identifier: GPL-2.0-only */
/* The container's unix sockets, seen together: who is whose peer, what waits, what is in flight. */
#ifndef CRFS_UNIX_SCAN_H
#define CRFS_UNIX_SCAN_H

#include "res/fd/unix_name.h"

/**
 * struct umsg - a message, or in a stream as many bytes as have the same sender and descriptors
 * @pid: only to be compared; @from: the name of the sending socket; @files: of the descriptors in it
 */
struct umsg {
	size_t len;
	const struct pid *pid;
	u32 secid;
	bool creds;
	struct uwho who;
	uid_t uid;
	gid_t gid;
	struct crfs_str from;
	struct cfile **files;
	size_t nr_files;
	struct umsg *next;
};

/** struct uclosed - a connection that waits at @place, whose other end was closed; @u: what was sent into it */
struct uclosed {
	struct uclosed *next;
	unsigned int place;
	struct usock *u;
};

/**
 * struct usock - a unix socket; what fuse-proto/unix_scan.h says of the same fields holds
 * @sk: only to be compared
 * @peer_ino: of what it is connected to; 0: that has none
 * @urgent_at: so many bytes are before what is urgent, or -1
 * @first, @last, @data: its queue, or, where its other end waits, what was sent into that
 */
struct usock {
	struct cfile *f;
	struct sock *sk, *peer_sk;
	int type;
	bool listens, reset, urgent, has_peer;
	u8 shutdown;
	unsigned long peer_ino;
	struct usock *peer, *listener;
	unsigned int place;
	struct uclosed *closed, **last_closed;
	int unseen;
	s64 urgent_at;
	struct umsg *first, **last;
	struct text *data;
};

/* unix_sock_of() - what is known of the unix socket @f, or NULL */
struct usock *unix_sock_of(const struct snap *s, const struct cfile *f);

/*
 * unix_queue_take() - what is in @sk, into @u; @waits: that waits to be accepted. What is urgent is a message by itself.
 * Return: 0 or a negative errno
 */
int unix_queue_take(struct snap *s, struct usock *u, struct sock *sk, bool waits);

#endif
