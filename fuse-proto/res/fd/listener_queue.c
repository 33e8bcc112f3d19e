// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections that wait to be accepted, and what has come on them: read.
 *
 * They have no descriptor until somebody accepts them, and that could not be undone. So they are looked at where
 * they lie, in the kernel's memory (kmem.h); what sock_diag(7) tells is taken from there. Nothing was sent on
 * them yet, as only who has a descriptor could. While the container is frozen nobody takes one out of the queue, and
 * who is in it stays where it is, also when its peer resets it; the guard keeps away what is new.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "fdroom.h"
#include "kmem_tcp.h"
#include "listener.h"
#include "res/inode/tcp_queue.h"
#include "sockopt.h"
#include "tcp.h"

#define LOOPBACK 1		/* index of lo, in every network */

static void get_addr(struct kmem_tcp *l, enum kmember m, void *buf, size_t size)
{
	if (!l->err)
		l->err = kmem_get(l->k, l->sk, m, buf, size);
}

static void read_ends(struct kmem_tcp *l, union tcp_addr *local, union tcp_addr *peer)
{
	uint16_t family = kmem_tcp_get(l, K_SKC_FAMILY, 2);

	memset(local, 0, sizeof(*local));
	memset(peer, 0, sizeof(*peer));
	local->sa.sa_family = peer->sa.sa_family = family;
	local->in.sin_port = htons(kmem_tcp_get(l, K_SKC_NUM, 2));
	peer->in.sin_port = kmem_tcp_get(l, K_SKC_DPORT, 2);
	if (family == AF_INET) {
		get_addr(l, K_SKC_RCV_SADDR, &local->in.sin_addr, 4);
		get_addr(l, K_SKC_DADDR, &peer->in.sin_addr, 4);
	} else if (family == AF_INET6) {
		get_addr(l, K_SKC_V6_RCV_SADDR, &local->in6.sin6_addr, 16);
		get_addr(l, K_SKC_V6_DADDR, &peer->in6.sin6_addr, 16);
	} else if (!l->err) {
		l->err = -ESTALE;
	}
}

/* Its bytes are an inode; it has no number of its own, so that is where it lies. */
static int note_bytes(struct snap *s, struct kmem_tcp *l, uint32_t copied, struct crfs_waiting *w)
{
	struct inode *n;
	char *buf;
	int rc;

	w->unread = w->rcv_seq - copied - (w->state == CRFS_TCP_CLOSE_WAIT);
	if (!w->unread)
		return 0;
	rc = kmem_tcp_unread(l->k, l->sk, copied, w->unread, &buf);
	if (rc == -ESTALE && w->state == CRFS_TCP_CLOSE) {	/* there was a FIN before the reset */
		w->rcv_seq--;
		rc = --w->unread ? kmem_tcp_unread(l->k, l->sk, copied, w->unread, &buf) : 0;
	}
	if (rc || !w->unread)
		return rc;
	n = tcp_queue_inode_at(s, l->sk, buf, w->unread);
	w->queue = n ? n->id : 0;
	return n ? 0 : -ENOMEM;
}

/* Return: is it refused? */
static bool refuse(struct snap *s, const char *obj, struct kmem_tcp *l, const struct crfs_waiting *w, bool is_inside)
{
	static const char sentence[] = "a connection of %.*s port %u waits to be accepted, %s: let the program "
				       "accept it";
	const char *why = NULL;

	if (w->state != CRFS_TCP_ESTABLISHED && w->state != CRFS_TCP_CLOSE_WAIT && w->state != CRFS_TCP_CLOSE)
		why = "whose handshake is not over";
	else if (kmem_tcp_get(l, K_TP_URG_DATA, 2))
		why = "with urgent data (MSG_OOB)";
	else if (l->k->at[K_TP_IS_MPTCP] >= 0 && kmem_tcp_get(l, K_TP_IS_MPTCP, 1))
		why = "of MPTCP";
	if (why) {
		snap_unsupported(s, -EOPNOTSUPP, obj, sentence, w->peer.len, w->peer.p, w->peer_port, why);
		return true;
	}
	if (!is_inside && w->state != CRFS_TCP_CLOSE && s->opts->tcp != TCP_OUTSIDE_GUARD)
		snap_unsupported(s, -EXDEV, obj, "a connection of %.*s port %u outside the container waits to be "
				 "accepted: let the program accept it, or mount with -o tcp=guard",
				 w->peer.len, w->peer.p, w->peer_port);
	return false;
}

static int read_one(struct snap *s, const char *obj, struct kmem_tcp *l, struct crfs_waiting *w)
{
	const struct tcp_conn *c;
	union tcp_addr local, peer;
	struct tcp_end lend, pend;
	uint64_t opt = l->k->at[K_TP_RX_OPT];
	bool is_inside = false;
	uint16_t port, mss;
	uint32_t scope, copied;

	read_ends(l, &local, &peer);
	w->state = kmem_tcp_get(l, K_SKC_STATE, 1);
	w->snd_seq = kmem_tcp_get(l, K_TP_WRITE_SEQ, 4);
	w->rcv_seq = kmem_tcp_get(l, K_TP_RCV_NXT, 4);
	w->snd_wnd = kmem_tcp_get(l, K_TP_SND_WND, 4);
	copied = kmem_tcp_get(l, K_TP_COPIED_SEQ, 4);
	if (!l->err)
		l->err = kmem_read(l->k, l->sk + opt + l->k->at[K_RX_MSS_CLAMP], &mss, sizeof(mss));
	if (!l->err)
		l->err = kmem_read(l->k, l->sk + opt + l->k->at[K_RX_TS_RECENT], &w->ts_recent, 4);
	if (l->err)
		return l->err;
	w->mss = mss;
	w->addr = tcp_addr_text(s, &local, &port, &scope);
	w->peer = tcp_addr_text(s, &peer, &w->peer_port, &w->peer_scope);
	tcp_end_of(&local, &lend);
	tcp_end_of(&peer, &pend);
	c = tcp_queued(s, &lend, &pend, &is_inside);
	if (!c && w->state != CRFS_TCP_CLOSE)
		return -ESTALE;
	if (w->state == CRFS_TCP_CLOSE)		/* nothing will be sent on it */
		w->snd_wnd = 0;
	if (c) {
		w->agreed = c->agreed & 7;
		w->snd_wscale = c->snd_wscale;
		w->rcv_wscale = c->rcv_wscale;
	}
	if (is_inside || !(w->agreed & TCPI_OPT_TIMESTAMPS))
		w->ts_recent = 0;
	return refuse(s, obj, l, w, is_inside) ? 0 : note_bytes(s, l, copied, w);
}

/* The listener itself: of an MPTCP socket the first of its flows. */
static int find_listener(struct kmem_tcp *l, int fd)
{
	int rc = kmem_socket(l->k, fd, &l->sk);

	if (!rc && sock_int(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_MPTCP)
		rc = kmem_get(l->k, l->sk, K_MSK_FIRST, &l->sk, sizeof(l->sk));
	return rc;
}

static int read_all(struct snap *s, const struct file *f, struct kmem_tcp *l, uint32_t n, struct text *out)
{
	struct crfs_waiting w;
	uint64_t req = 0;
	int rc = find_listener(l, f->dup);

	if (!rc)
		rc = kmem_read(l->k, l->sk + l->k->at[K_ICSK_QUEUE] + l->k->at[K_QUEUE_HEAD], &req, sizeof(req));
	for (; !rc && n; n--) {
		l->err = 0;
		w = (struct crfs_waiting){ .unread = 0 };
		rc = req ? kmem_get(l->k, req, K_REQ_SK, &l->sk, sizeof(l->sk)) : -ESTALE;
		if (!rc)
			rc = read_one(s, file_obj(s, f), l, &w);
		if (!rc)
			rc = kmem_get(l->k, req, K_REQ_NEXT, &req, sizeof(req));
		if (!rc)
			text_rec(out, &crfs_waiting_shape, &w);
	}
	return rc;
}

bool listener_may_wait(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname u;

	uname(&u);
	return sscanf(u.release, "%u.%u", &major, &minor) == 2 && (major > 6 || (major == 6 && minor >= 10));
}

int listener_queue_read(struct snap *s, const struct file *f, const struct crfs_fd_listener *r, uint32_t n,
			struct text *out)
{
	struct kmem_tcp l = { .err = 0 };
	int device = sock_int(f->dup, SOL_SOCKET, SO_BINDTOIFINDEX), rc = 0;

	text_section(out, &crfs_waiting_shape);
	if (!n || s->live)
		return 0;
	l.k = tcp_kmem(s, &rc);
	if (device > LOOPBACK)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%u connections wait to be accepted on port %u of "
				 "one device (SO_BINDTODEVICE): let the program accept them", n, r->port);
	else if (!l.k)
		snap_unsupported(s, rc, file_obj(s, f), "%u connections wait to be accepted on port %u, and this "
				 "kernel does not show them: let the program accept them", n, r->port);
	else if ((rc = read_all(s, f, &l, n, out)))
		snap_unsupported(s, rc, file_obj(s, f), "%u connections wait to be accepted on port %u, which "
				 "could not be read: let the program accept them", n, r->port);
	else if (!listener_may_wait())
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%u connections wait to be accepted on port %u, which "
				 "cannot be put back before Linux 6.10: let the program accept them", n, r->port);
	return 0;
}
