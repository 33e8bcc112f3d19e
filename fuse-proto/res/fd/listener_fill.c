// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections that wait to be accepted: put back.
 *
 * Only a handshake makes one, and it chooses the number with which we begin: but one that follows upon a
 * connection of the same ends in TIME_WAIT continues its numbers (RFC 6191, RFC 1122 4.2.2.13). So such a
 * connection is made first, in repair mode, and ended by a segment in the name of the peer. Then the peer's SYN is
 * said again, and what came behind it. Who is the peer in the tree is in repair mode meanwhile; a peer of this
 * machine that is gone has a stand-in, so that nobody answers with a reset. A peer outside is kept by
 * the guard from hearing our answers, or has heard them before and says so.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <crfs/res/inode/tcp_queue.h>

#include "fdroom.h"
#include "listener.h"
#include "repair.h"
#include "res/inode/tcp_queue.h"
#include "res/ns/net_links.h"
#include "rooms.h"
#include "sock_net.h"
#include "sockopt.h"
#include "tcp.h"
#include "tcp_raw.h"

#define AHEAD (65535 + 2)	/* tcp_timewait_state_process(): so far behind the old numbers the new begin */
#define BEHIND 1000		/* and the peer's must be behind those that it had */
#define WAIT_MS 2000
#define MSS_MIN 48
#define SYN_RECV 3
#define REUSEPORT_CBPF 51	/* SO_ATTACH_REUSEPORT_CBPF */
#define REUSEPORT_DETACH 68	/* SO_DETACH_REUSEPORT_BPF, Linux 5.3 */

/** struct waiter - one connection; @queue: what has come on it, or NULL */
struct waiter {
	const struct crfs_waiting *r;
	union tcp_addr local, peer;
	struct tcp_end lend, pend;
	struct iobj *queue;
};

/** struct waiters - of a listener; its file's ->priv */
struct waiters {
	struct waiter *w;
	size_t n;
	bool done;
};

static bool has_fin(const struct crfs_waiting *r)
{
	return r->state == CRFS_TCP_CLOSE_WAIT;
}

static const char *wrong(const struct crfs_waiting *r)
{
	if (r->state != CRFS_TCP_ESTABLISHED && r->state != CRFS_TCP_CLOSE_WAIT && r->state != CRFS_TCP_CLOSE)
		return "it waits to be accepted in another state";
	if (!r->addr.len || !r->peer.len || !r->peer_port)
		return "a connection without ends waits to be accepted";
	if (r->agreed & ~7 || r->snd_wscale > 14 || r->rcv_wscale > 14 || r->mss < MSS_MIN || r->mss > 65535)
		return "what was agreed on a connection that waits cannot be";
	return NULL;
}

static void check_queue(struct image *im, struct iobj *o, struct waiter *w)
{
	const struct crfs_inode_tcp_queue *q;
	struct iobj *n;

	if (!w->r->queue) {
		if (w->r->unread)
			image_mismatch(im, -EINVAL, o->path, "%u bytes wait, and there is no inode of them",
				       w->r->unread);
		return;
	}
	inode_check(im, o, w->r->queue, &res_inode_tcp_queue);
	n = image_obj(im, IOBJ_INODE, w->r->queue);
	q = n && n->room == &res_inode_tcp_queue ? image_rec(n, &res_inode_tcp_queue, 0) : NULL;
	if (!q)
		return;
	if (n->priv)
		image_mismatch(im, -EINVAL, o->path, "inodes/%u is another socket's", w->r->queue);
	n->priv = o;
	w->queue = n;
	if (q->recv != w->r->unread || q->send)
		image_mismatch(im, -EINVAL, o->path, "inodes/%u has queues of %u and %u bytes, not of %u and 0",
			       w->r->queue, q->recv, q->send, w->r->unread);
}

static void check_one(struct image *im, struct iobj *o, const struct crfs_fd_listener *l, struct waiter *w)
{
	const struct crfs_waiting *r = w->r;
	const char *why = wrong(r);

	if (!why && (!tcp_addr_fill(&w->local, l->family, &r->addr, l->port, r->peer_scope) ||
		     !tcp_addr_fill(&w->peer, l->family, &r->peer, r->peer_port, r->peer_scope)))
		why = "no address of its family is written like that";
	if (why)
		image_mismatch(im, -EINVAL, o->path, "%s: copy the checkpoint again", why);
	tcp_end_of(&w->local, &w->lend);
	tcp_end_of(&w->peer, &w->pend);
	if (!why && !net_addr_here(im, sock_net_id(im, o), &w->lend))
		image_mismatch(im, -EADDRNOTAVAIL, o->path, "%.*s is no address of this machine: add it",
			       r->addr.len, r->addr.p);
	check_queue(im, o, w);
}

void listener_queue_check(struct image *im, struct iobj *o, const struct crfs_fd_listener *r)
{
	struct waiters *all = pool_alloc(&im->pool, sizeof(*all));
	size_t n, i, k;
	const struct crfs_waiting *rows = image_recs(o, o->room, LISTENER_WAITING, &n);

	if (!all || !n)
		return;
	if (!listener_may_wait())
		image_mismatch(im, -EOPNOTSUPP, o->path, "%zu connections wait to be accepted, which cannot be put back before "
			       "Linux 6.10: restore on that", n);
	*all = (struct waiters){ .w = pool_alloc(&im->pool, n * sizeof(*all->w)), .n = n };
	if (!all->w)
		return;
	memset(all->w, 0, n * sizeof(*all->w));
	if (n > (size_t)r->backlog + 1)
		image_mismatch(im, -EINVAL, o->path, "%zu wait to be accepted, the backlog is not so long", n);
	for (i = 0; i < n; i++) {
		all->w[i].r = &rows[i];
		check_one(im, o, r, &all->w[i]);
		for (k = 0; k < i && n < 4096; k++)
			if (!memcmp(&all->w[k].pend, &all->w[i].pend, sizeof(struct tcp_end)) &&
			    !memcmp(&all->w[k].lend, &all->w[i].lend, sizeof(struct tcp_end)))
				image_mismatch(im, -EINVAL, o->path, "a connection of %.*s port %u waits twice",
					       rows[i].peer.len, rows[i].peer.p, rows[i].peer_port);
	}
	o->priv = all;
}

static void nap(void)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

static uint8_t state_of(int fd)
{
	struct tcp_info info = { .tcpi_state = 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ? 0 : info.tcpi_state;
}

/* Our end in TIME_WAIT, so that what comes next begins with @isn. */
static int leave_behind(const struct waiter *w, uint32_t isn, uint32_t peer_isn)
{
	struct tcp_numbers n = { .snd = isn - AHEAD - 1, .rcv = peer_isn - BEHIND };
	struct tcp_segment fin = { .from = w->pend, .to = w->lend, .scope = w->r->peer_scope,
				   .seq = n.rcv, .ack = n.snd + 1, .fin = true };
	int fd = tcp_stand_in(&w->local, &w->peer, n), queue = TCP_SEND_QUEUE, rc = 0, i;

	if (fd < 0)
		return fd;
	/* In repair mode, of this queue, what is sent counts as sent and does not leave. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue)) < 0 ||
	    shutdown(fd, SHUT_WR) < 0)
		rc = -errno;
	if (!rc)
		rc = tcp_raw(&fin);
	for (i = 0; !rc && state_of(fd) != CRFS_TCP_CLOSE; i++) {
		if (i == WAIT_MS)
			rc = -ETIMEDOUT;
		nap();
	}
	tcp_vanish(fd);
	return rc;
}

static void add_option(struct tcp_segment *s, const uint8_t *o, size_t n)
{
	memcpy(s->options + s->nr_options, o, n);
	s->nr_options += n;
}

/* RFC 9293 3.1, RFC 7323, RFC 2018; each filled up to a multiple of four bytes */
static void add_agreed(struct tcp_segment *s, const struct crfs_waiting *r, bool stamp, uint32_t ts)
{
	uint8_t mss[4] = { 2, 4, r->mss >> 8, r->mss }, wscale[4] = { 1, 3, 3, r->snd_wscale };
	uint8_t sack[4] = { 1, 1, 4, 2 };
	uint8_t time[12] = { 1, 1, 8, 10, ts >> 24, ts >> 16, ts >> 8, ts };

	add_option(s, mss, sizeof(mss));
	if (r->agreed & TCPI_OPT_WSCALE)
		add_option(s, wscale, sizeof(wscale));
	if (r->agreed & TCPI_OPT_SACK)
		add_option(s, sack, sizeof(sack));
	if (stamp)
		add_option(s, time, sizeof(time));
}

/* Until what has been said is in @state with @unread bytes. Return: 0 or a negative errno */
static int came_to(const struct waiter *w, uint8_t state, uint32_t unread, struct tcp_conn *c)
{
	int i, rc = 0;

	for (i = 0; i < WAIT_MS; i++) {
		rc = tcp_end_ask(&w->lend, &w->pend, c);
		if (rc == -ENOENT && state == CRFS_TCP_CLOSE)
			return 0;
		if (!rc && c->state == state && c->rqueue == unread)
			return 0;
		nap();
	}
	return rc ?: -ETIMEDOUT;
}

/* What the peer has said from the handshake on. @s: its last segment, which goes on from there */
static int say_rest(const struct waiter *w, struct tcp_segment *s)
{
	const struct crfs_waiting *r = w->r;
	struct node *n = w->queue ? tcp_queue_node(w->queue, "recv") : NULL;
	char *buf = malloc(TCP_RAW_MAX);
	uint32_t at = 0;
	int rc = buf ? 0 : -ENOMEM;

	s->data = buf;
	do {
		s->len = r->unread - at < TCP_RAW_MAX ? r->unread - at : TCP_RAW_MAX;
		if (!rc && s->len && node_pread(n, buf, s->len, at) != (ssize_t)s->len)
			rc = -EIO;
		at += s->len;
		s->fin = at == r->unread && has_fin(r);
		if (!rc)
			rc = tcp_raw(s);
		s->seq += s->len + s->fin;
	} while (!rc && at < r->unread);
	s->len = 0;
	s->fin = false;
	free(buf);
	return rc;
}

static int shake_hands(const struct waiter *w, bool stamp, uint32_t ts)
{
	const struct crfs_waiting *r = w->r;
	uint32_t isn = r->snd_seq - 1, begin = r->rcv_seq - has_fin(r) - r->unread - 1;
	struct tcp_segment s = { .from = w->pend, .to = w->lend, .scope = r->peer_scope, .seq = begin, .syn = true };
	struct tcp_conn c;
	int rc = leave_behind(w, isn, begin);

	add_agreed(&s, r, stamp, ts);
	s.window = r->snd_wnd < 65535 ? r->snd_wnd : 65535;
	if (!rc)
		rc = tcp_raw(&s);
	if (!rc)
		rc = came_to(w, SYN_RECV, 0, &c);
	s.syn = false;
	s.seq = begin + 1;
	s.ack = r->snd_seq;
	s.window = r->snd_wnd >> r->snd_wscale;
	s.nr_options = 0;
	if (stamp) {
		uint8_t time[12] = { 1, 1, 8, 10, ts >> 24, ts >> 16, ts >> 8, ts };

		add_option(&s, time, sizeof(time));
	}
	if (!rc)
		rc = say_rest(w, &s);
	if (!rc)
		rc = came_to(w, has_fin(r) ? CRFS_TCP_CLOSE_WAIT : CRFS_TCP_ESTABLISHED, r->unread + has_fin(r), &c);
	if (!rc && r->state != CRFS_TCP_CLOSE)
		return c.rcv_wscale == r->rcv_wscale || !(r->agreed & TCPI_OPT_WSCALE) ? 0 : -ERANGE;
	s.rst = true;
	if (!rc)
		rc = tcp_raw(&s);
	return rc ?: came_to(w, CRFS_TCP_CLOSE, 0, &c);
}

static int put_one(struct restore *rs, const struct iobj *o, const struct waiter *w)
{
	const struct crfs_waiting *r = w->r;
	uint32_t ts = r->ts_recent;
	bool ours = tcp_in_tree(rs, &w->pend, &w->lend, &ts), here = tcp_end_here(&w->pend);
	/* The clock that a peer outside knows of us is not to be had on another machine: rather none than another. */
	bool stamp = r->agreed & TCPI_OPT_TIMESTAMPS && (ours || !r->ts_recent || tcp_clock_kept(rs));
	struct tcp_numbers n = { .snd = r->rcv_seq, .rcv = r->snd_seq };
	int other = -1, rc = tcp_end_remains(&w->lend, &w->pend);

	if (!rc && !ours && here) {
		tcp_end_remains(&w->pend, &w->lend);
		other = tcp_stand_in(&w->peer, &w->local, n);
	}
	if (!rc)
		rc = shake_hands(w, stamp, ts);
	if (other >= 0)
		tcp_vanish(other);
	if (rc == -ERANGE)
		return fail_on(rs->err, -EINVAL, o->path, "windows are scaled otherwise here: set "
			       "net.ipv4.tcp_rmem as it was");
	return rc ? fail_on(rs->err, rc, o->path, "letting the connection of %.*s port %u wait again",
			    r->peer.len, r->peer.p, r->peer_port) : 0;
}

static bool same_port(const struct iobj *a, const struct iobj *b)
{
	const struct crfs_fd_listener *x = image_rec(a, a->room, 0), *y = image_rec(b, b->room, 0);

	return x->family == y->family && x->port == y->port && !memcmp(x->addr, y->addr, sizeof(x->addr));
}

/* Of those that share a port (SO_REUSEPORT) it alone gets what comes, for now. */
static int choose(struct restore *rs, const struct iobj *o, bool *chosen)
{
	struct sock_filter f = { BPF_RET | BPF_K, 0, 0, 0 };
	struct sock_fprog p = { 1, &f };
	size_t i, n = 0;

	*chosen = false;
	for (i = 0; i < rs->im->nr[IOBJ_FILE]; i++) {
		const struct iobj *x = &rs->im->objs[IOBJ_FILE][i];

		if (x == o)
			f.k = n;
		n += x->room == o->room && sock_net_key(x) == sock_net_key(o) && same_port(x, o);
	}
	if (n < 2)
		return 0;
	*chosen = true;
	return setsockopt(o->fd, SOL_SOCKET, REUSEPORT_CBPF, &p, sizeof(p)) < 0 ? -errno : 0;
}

static int fill_one(struct restore *rs, struct iobj *o)
{
	struct waiters *all = o->priv;
	bool chosen;
	size_t i;
	int rc, zero = 0;

	if (!all || all->done)
		return 0;
	all->done = true;
	rc = choose(rs, o, &chosen);
	if (rc)
		return fail_on(rs->err, rc, o->path, "choosing it from those that share its port");
	for (i = 0; i < all->n && !rc; i++)
		rc = put_one(rs, o, &all->w[i]);
	if (chosen)
		setsockopt(o->fd, SOL_SOCKET, REUSEPORT_DETACH, &zero, sizeof(zero));
	return rc;
}

int listener_fill(struct restore *rs)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < rs->im->nr[IOBJ_FILE] && !rc; i++)
		if (rs->im->objs[IOBJ_FILE][i].room == &res_fd_listener)
			rc = sock_net_enter(rs, &rs->im->objs[IOBJ_FILE][i]) ?:
			     fill_one(rs, &rs->im->objs[IOBJ_FILE][i]);
	return rc;
}
