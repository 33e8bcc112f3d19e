// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that wait to be accepted, and what has come on them.
 *
 * Nothing was sent on them yet, as only who has a descriptor could. While the container is frozen nobody takes one
 * out of the queue, and who is in it stays where it is, also when its peer resets it; what comes behind
 * them meanwhile is not looked at.
 */
#include <net/inet_connection_sock.h>
#include <net/request_sock.h>
#include <net/tcp.h>

#include <crfs/res/fd/listener.h>

#include "res/fd/tcp_look.h"

#define LOOPBACK 1	/* index of lo, in every network */
#define TIMESTAMPS 0x1

/* Up to @n of those that wait, with a reference each. Return: how many there are */
static u32 hold(struct sock *sk, struct sock **v, u32 n)
{
	struct request_sock_queue *q = &inet_csk(sk)->icsk_accept_queue;
	struct request_sock *req;
	u32 i = 0;

	spin_lock_bh(&q->rskq_lock);
	for (req = q->rskq_accept_head; req && i < n; req = req->dl_next) {
		v[i++] = req->sk;
		sock_hold(req->sk);
	}
	spin_unlock_bh(&q->rskq_lock);
	return i;
}

/** struct waiter - one of them; @copied: behind the last byte that was read */
struct waiter {
	struct crfs_waiting w;
	u32 copied;
	bool urgent, mptcp;
	struct text *recv;
	int rc;
};

/* The bytes that were not read, one less if a FIN was behind them before a reset. */
static void take_bytes(struct sock *sk, struct waiter *t)
{
	struct crfs_waiting *w = &t->w;

	w->unread = w->rcv_seq - t->copied - (w->state == CRFS_TCP_CLOSE_WAIT);
	if (w->unread)
		t->rc = tcp_recv(sk, t->copied, w->unread, t->recv);
	if (t->rc || t->recv->w.len == w->unread)
		return;
	if (w->state == CRFS_TCP_CLOSE && t->recv->w.len == w->unread - 1) {
		w->rcv_seq--;
		w->unread--;
	} else {
		t->rc = -ESTALE;
	}
}

static void see(struct sock *sk, struct waiter *t)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct crfs_waiting *w = &t->w;

	lock_sock(sk);
	w->state = sk->sk_state;
	w->snd_seq = tp->write_seq;
	w->rcv_seq = tp->rcv_nxt;
	t->copied = tp->copied_seq;
	w->mss = tp->rx_opt.mss_clamp;
	t->urgent = tp->urg_data;
	t->mptcp = sk_is_mptcp(sk);
	if (w->state != CRFS_TCP_CLOSE) {	/* nothing will be sent on it */
		w->snd_wnd = tp->snd_wnd;
		w->agreed = (tp->rx_opt.tstamp_ok ? TIMESTAMPS : 0) | (tcp_is_sack(tp) ? 0x2 : 0) |
			    (tp->rx_opt.wscale_ok ? 0x4 : 0);
		w->snd_wscale = tp->rx_opt.wscale_ok ? tp->rx_opt.snd_wscale : 0;
		w->rcv_wscale = tp->rx_opt.wscale_ok ? tp->rx_opt.rcv_wscale : 0;
		w->ts_recent = w->agreed & TIMESTAMPS ? tp->rx_opt.ts_recent : 0;
	}
	take_bytes(sk, t);
	release_sock(sk);
}

static void read_ends(struct snap *s, const struct sock *sk, struct crfs_waiting *w)
{
	const void *local = &sk->sk_rcv_saddr, *peer = &sk->sk_daddr;

#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		local = &sk->sk_v6_rcv_saddr;
		peer = &sk->sk_v6_daddr;
	}
#endif
	w->peer_port = ntohs(sk->sk_dport);
	w->addr = tcp_addr(s, sk->sk_family, local, sk->sk_num);
	w->peer = tcp_addr(s, sk->sk_family, peer, w->peer_port);
}

/* Its other end is in the container, or closed for good with no more to send. */
static bool is_inside(struct snap *s, const struct sock *sk)
{
	struct tcp_end local, peer;
	struct tcp_conn p;

	tcp_end_of(sk, false, &local);
	tcp_end_of(sk, true, &peer);
	tcp_find(s, sock_net(sk), &peer, &local, &p);
	return p.inside || (p.found ? !p.ino && p.wqueue <= 1 : tcp_here(sock_net(sk), &peer));
}

/* Return: is it refused? */
static bool refuse(struct snap *s, const char *obj, const struct waiter *t, bool inside)
{
	const struct crfs_waiting *w = &t->w;
	const char *why = NULL;

	if (w->state != CRFS_TCP_ESTABLISHED && w->state != CRFS_TCP_CLOSE_WAIT && w->state != CRFS_TCP_CLOSE)
		why = "whose handshake is not over";
	else if (t->urgent)
		why = "with urgent data (MSG_OOB)";
	else if (t->mptcp)
		why = "of MPTCP";
	if (why)
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "a connection of %.*s port %u waits to be accepted, %s: let the program accept it",
				 w->peer.len, w->peer.p, w->peer_port, why);
	else if (!inside && w->state != CRFS_TCP_CLOSE && !s->mi->guards)
		snap_unsupported(s, -EXDEV, obj,
				 "a connection of %.*s port %u outside the container waits to be accepted: let the program accept it, or mount with -o tcp=guard",
				 w->peer.len, w->peer.p, w->peer_port);
	return why;
}

static int read_one(struct snap *s, const char *obj, struct sock *sk, struct text *out)
{
	struct waiter t = { .recv = snap_text(s) };
	bool inside, refused;

	if (!t.recv)
		return -ENOMEM;
	see(sk, &t);
	read_ends(s, sk, &t.w);
	inside = is_inside(s, sk);
	if (inside)
		t.w.ts_recent = 0;
	refused = refuse(s, obj, &t, inside);
	if (refused) {
		t.w.unread = 0;
		t.rc = 0;
	} else if (!t.rc && t.w.unread) {
		t.w.queue = tcp_queue_put(s, sk, t.recv, NULL);
		t.rc = t.w.queue ? 0 : -ENOMEM;
	}
	if (!t.rc)
		text_rec(out, &crfs_waiting_shape, &t.w);
	return t.rc;
}

static int read_all(struct snap *s, const char *obj, struct sock *sk, u32 n, struct text *out)
{
	struct sock **v = snap_alloc(s, n * sizeof(*v));
	u32 i, got;
	int rc = v ? 0 : -ENOMEM;

	if (rc)
		return rc;
	got = hold(sk, v, n);
	for (i = 0; i < got; i++) {
		if (!rc)
			rc = read_one(s, obj, v[i], out);
		sock_put(v[i]);
	}
	return rc ?: got < n ? -ESTALE : 0;
}

int listener_queue_read(struct snap *s, struct cfile *f, struct sock *sk, u16 port, u32 n, struct text *out)
{
	const char *obj = file_obj(s, f);
	int rc;

	text_section(out, &crfs_waiting_shape);
	if (!n)
		return 0;
	if (READ_ONCE(sk->sk_bound_dev_if) > LOOPBACK) {
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "%u connections wait to be accepted on port %u of one device (SO_BINDTODEVICE): let the program accept them",
				 n, port);
		return 0;
	}
	rc = read_all(s, obj, sk, n, out);
	if (rc == -ENOMEM)
		return rc;
	if (rc)
		snap_unsupported(s, rc, obj,
				 "%u connections wait to be accepted on port %u, which could not be read: let the program accept them",
				 n, port);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)	/* fuse-proto/res/fd/listener.h, listener_may_wait() */
	else
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "%u connections wait to be accepted on port %u, which cannot be put back before Linux 6.10: let the program accept them",
				 n, port);
#endif
	return 0;
}
