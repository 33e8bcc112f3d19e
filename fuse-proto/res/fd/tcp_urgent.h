/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Urgent data of TCP (MSG_OOB): where it stands in what was received, and in what was sent. */
#ifndef CRFS_FD_TCP_URGENT_H
#define CRFS_FD_TCP_URGENT_H

#include "tcp.h"

/* How the tree has them, behind the options; each counts bytes from the beginning of its queue. */

/**
 * struct tcp_urgent - of a connection
 * @pri: poll(2) tells of it
 * @waits, @taken, @sent: as above, -1: there is none
 */
struct tcp_urgent {
	bool pri;
	int64_t waits, taken, sent;
};

/** tcp_urgent_in() - where in what has come it stands, read or not; -1: nowhere */
static inline int64_t tcp_urgent_in(const struct tcp_urgent *u)
{
	return u->waits >= 0 ? u->waits : u->taken;
}

/**
 * tcp_urgent_read() - look for it; what cannot be carried is named
 * @waiting: bytes that sock_diag(7) says wait, a FIN among them
 * @recv: what has come up to there; becomes all that has, and @r->unread with it
 * Return: 0 or a negative errno
 */
int tcp_urgent_read(struct snap *s, const struct file *f, struct crfs_fd_tcp *r, struct tcp_urgent *u,
		    uint32_t waiting, char **recv);

/** tcp_urgent_show() - as rows of the section of options */
void tcp_urgent_show(struct text *out, const struct tcp_urgent *u);

/** tcp_urgent_take() - out of the tree again */
void tcp_urgent_take(const struct iobj *o, struct tcp_urgent *u);

/** tcp_urgent_wrong() - what no connection is like, or NULL */
const char *tcp_urgent_wrong(const struct crfs_fd_tcp *r, const struct tcp_urgent *u);

/**
 * tcp_urgent_hear() - let come what has come from there on, in the name of the peer
 * @o: the socket, out of repair mode, with all that stands before it
 * Return: 0 or a negative errno
 */
int tcp_urgent_hear(struct restore *rs, struct iobj *o, const struct crfs_fd_tcp *r, const struct tcp_urgent *u,
		    const struct tcp_end *local, const struct tcp_end *peer, struct node *recv);

#endif
