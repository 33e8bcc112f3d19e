// SPDX-License-Identifier: GPL-2.0-only
/*
 * A TCP socket that does not listen, in any state, of the network that crfs is mounted in.
 *
 * All of it is read in one go under the socket's lock: what comes meanwhile waits, and is not in it. Between two
 * sockets of the container all that is on its way is waited for, so that both tell the same (tcp_look.c). There is no
 * repair mode and nobody to be awaited. Connections with somebody outside are refused, or guarded before (guard.c).
 */
#include <linux/net.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/tcp.h>

#include <crfs/icmp_errors.h>
#include <crfs/res/fd/tcp.h>

#include "res/fd/sock.h"
#include "res/fd/sockopt.h"
#include "res/fd/tcp_look.h"

#define TIMESTAMPS 0x1
#define SACK 0x2
#define WSCALE 0x4

/*
 * struct tcp_seen - a socket as it was under its lock; @recv, @send: its queues; @error, @queued: what it has to tell
 * @connecting: nobody has heard of the end of its connect(2)
 * @waits, @taken, @sent: where data is urgent (MSG_OOB), or -1
 */
struct tcp_seen {
	struct crfs_fd_tcp r;
	char congestion[TCP_CA_NAME_MAX], ulp[16];
	bool rdhup, err, usec, connecting;
	s64 waits, taken, sent;
	int error;
	u32 queued;
	struct text *recv, *send;
	int rc;
};

static struct sock *tcp_of(const struct cfile *f)
{
	return file_sock(f, AF_INET) ?: file_sock(f, AF_INET6);
}

static bool tcp_match(const struct cfile *f)
{
	const struct sock *sk = tcp_of(f);

	return sk && sk->sk_protocol == IPPROTO_TCP && sk->sk_type == SOCK_STREAM &&
	       READ_ONCE(sk->sk_state) != TCP_LISTEN;
}

/* tcp_inq(), net/ipv4/tcp.c: without a FIN, and up to urgent data. */
static u32 unread(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 n = tp->rcv_nxt - tp->copied_seq;

	if (sk->sk_state == TCP_SYN_SENT || sk->sk_state == TCP_SYN_RECV)
		return 0;
	if (!sock_flag(sk, SOCK_URGINLINE) && tp->urg_data && !before(tp->urg_seq, tp->copied_seq) &&
	    before(tp->urg_seq, tp->rcv_nxt))
		return tp->urg_seq - tp->copied_seq;
	return n && sock_flag(sk, SOCK_DONE) ? n - 1 : n;
}

/* Of what was sent, the part that the peer has acknowledged may still be there. */
static int take_sent(const struct sock *sk, const struct sk_buff *skb, struct text *out)
{
	const u32 acked = tcp_sk(sk)->snd_una - TCP_SKB_CB(skb)->seq;
	const u32 skip = (int)acked > 0 ? acked : 0;

	return skip < skb->len ? skb_bytes(skb, skip, skb->len - skip, out) : 0;
}

static int take_send(struct sock *sk, struct text *out)
{
	struct sk_buff *skb;
	int rc = 0;

	skb_rbtree_walk(skb, &sk->tcp_rtx_queue)
		rc = rc ?: take_sent(sk, skb, out);
	skb_queue_walk(&sk->sk_write_queue, skb)
		rc = rc ?: take_sent(sk, skb, out);
	return rc;
}

static void see_agreed(const struct tcp_sock *tp, struct crfs_fd_tcp *r)
{
	r->agreed = (tp->rx_opt.tstamp_ok ? TIMESTAMPS : 0) | (tcp_is_sack(tp) ? SACK : 0) |
		    (tp->rx_opt.wscale_ok ? WSCALE : 0);
	if (tp->rx_opt.wscale_ok) {
		r->snd_wscale = tp->rx_opt.snd_wscale;
		r->rcv_wscale = tp->rx_opt.rcv_wscale;
	}
}

static void see_connection(const struct tcp_sock *tp, struct crfs_fd_tcp *r)
{
	const u32 outq = tp->write_seq - tp->snd_una, unsent = tp->write_seq - tp->snd_nxt;
	const bool fin = tcp_fin_out(r->state);

	see_agreed(tp, r);
	r->snd_seq = tp->write_seq;
	r->rcv_seq = tp->rcv_nxt;
	r->unsent = unsent - (fin && unsent);
	r->unacked = outq - unsent - (fin && !unsent && outq);
	r->snd_wl1 = tp->snd_wl1;
	r->snd_wnd = tp->snd_wnd;
	r->max_window = tp->max_window;
	r->rcv_wnd = tp->rcv_wnd;
	r->rcv_wup = tp->rcv_wup;
	r->mss = tp->rx_opt.mss_clamp;
	/* The last bit is of no meaning: the kernel tells it to nobody as it is. */
	if (tp->rx_opt.tstamp_ok)
		r->ts_offset = tp->tsoffset & ~1U;
}

/* Up to where what was not acknowledged is urgent; and where in what has come the urgent byte is. Return: is it there? */
static bool see_urgent(const struct tcp_sock *tp, struct tcp_seen *t)
{
	const u32 at = tp->urg_seq - tp->copied_seq, sent = tp->snd_up - tp->snd_una;

	if (tcp_connected(t->r.state) && sent && sent <= t->r.unacked + t->r.unsent)
		t->sent = sent;
	if (!(tp->urg_data & (TCP_URG_VALID | TCP_URG_READ)) || at >= tp->rcv_nxt - tp->copied_seq)
		return false;
	if (tp->urg_data & TCP_URG_VALID)
		t->waits = at;
	else
		t->taken = at;
	return true;
}

/* With what is behind the urgent byte, and that itself. */
static int take_recv(struct sock *sk, struct tcp_seen *t)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 n = unread(sk);

	if (see_urgent(tp, t) && !t->r.ended)
		n = tp->rcv_nxt - tp->copied_seq - tcp_fin_in(t->r.state);
	return tcp_recv(sk, tp->copied_seq, n, t->recv);
}

static void see_events(const struct sock *sk, struct tcp_seen *t)
{
	t->rdhup = sk->sk_shutdown & RCV_SHUTDOWN;
	t->error = sk->sk_err;
	t->queued = skb_queue_len_lockless(&sk->sk_error_queue);
	t->err = t->error || t->queued;
	t->connecting = sk->sk_socket->state == SS_CONNECTING;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	t->usec = tcp_sk(sk)->tcp_usec_ts;
#endif
}

/* All of a socket, once. */
static void see(struct sock *sk, struct tcp_seen *t)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	struct crfs_fd_tcp *r = &t->r;

	lock_sock(sk);
	r->state = sk->sk_state;
	see_events(sk, t);
	/* Those that grow by themselves are even but for what their growth leaves. */
	r->sndbuf = sk->sk_sndbuf & ~1;
	r->rcvbuf = sk->sk_rcvbuf & ~1;
	if (icsk->icsk_ca_ops)
		strscpy(t->congestion, icsk->icsk_ca_ops->name, sizeof(t->congestion));
	if (icsk->icsk_ulp_ops)
		strscpy(t->ulp, icsk->icsk_ulp_ops->name, sizeof(t->ulp));
	if (r->state == CRFS_TCP_CLOSE)
		r->ended = !t->rdhup ? CRFS_TCP_NEVER : t->error ? CRFS_TCP_FAILED : CRFS_TCP_ENDED;
	else
		r->shut_rd = !tcp_fin_in(r->state) && t->rdhup;
	if (tcp_connected(r->state))
		see_connection(tcp_sk(sk), r);
	if (tcp_connected(r->state) || r->ended)
		t->rc = take_recv(sk, t) ?: take_send(sk, t->send);
	release_sock(sk);
	r->unread = t->recv->w.len;
	r->congestion = str_of(t->congestion);
}

static int read_ends(struct snap *s, struct socket *sock, struct crfs_fd_tcp *r)
{
	struct sockaddr_storage a = {};
	const struct sockaddr_in *in = (const void *)&a;
	const struct sockaddr_in6 *in6 = (const void *)&a;
	int rc = kernel_getsockname(sock, (struct sockaddr *)&a);

	if (rc < 0)
		return rc;
	r->family = a.ss_family;
	r->port = ntohs(in->sin_port);
	r->addr = tcp_addr(s, r->family, r->family == AF_INET ? (void *)&in->sin_addr : &in6->sin6_addr, r->port);
	r->scope = r->family == AF_INET6 ? in6->sin6_scope_id : 0;
	a = (struct sockaddr_storage){};
	if (kernel_getpeername(sock, (struct sockaddr *)&a) < 0)
		return 0;
	r->peer_port = ntohs(in->sin_port);
	r->peer = tcp_addr(s, a.ss_family, a.ss_family == AF_INET ? (void *)&in->sin_addr : &in6->sin6_addr,
			   r->peer_port);
	r->peer_scope = a.ss_family == AF_INET6 ? in6->sin6_scope_id : 0;
	return 0;
}

/* Whom it tries to reach, getpeername(2) does not tell. */
static void read_connecting(struct snap *s, const struct sock *sk, struct crfs_fd_tcp *r)
{
	const void *addr = &sk->sk_daddr;

#if IS_ENABLED(CONFIG_IPV6)
	if (r->family == AF_INET6)
		addr = &sk->sk_v6_daddr;
#endif
	r->peer_port = ntohs(sk->sk_dport);
	r->peer = tcp_addr(s, r->family, addr, r->peer_port);
}

static bool known(u8 state)
{
	const struct crfs_name *n = crfs_tcp_states;

	while (n->name && n->value != state)
		n++;
	return n->name;
}

static void refuse(struct snap *s, const struct cfile *f, struct sock *sk, const struct tcp_seen *t)
{
	const char *obj = file_obj(s, f);

	if (!known(t->r.state))		/* accepted by fast open, before the handshake was over */
		snap_unsupported(s, -EAGAIN, obj, "its handshake is not over (state %u): try again in a moment",
				 t->r.state);
	if (t->usec)
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "its timestamps count microseconds, which cannot be carried: take tcp_usec_ts from the route");
	if (*t->ulp)
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "the kernel does %s on it (TCP_ULP), which cannot be carried: let the program do that itself",
				 t->ulp);
	if (tcp_ao(sk))
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "it is signed (TCP_AO), which cannot be carried: use another protection");
	if (!tcp_connected(t->r.state) && tcp_keyed(sk))
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "its connections are signed (TCP_MD5SIG), which cannot be carried: use another protection");
	if (t->r.ended && (t->waits >= 0 || t->taken >= 0))
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "urgent data (MSG_OOB) has come on a connection that is over, which cannot be carried: let the program read it");
	if (t->err && t->r.state != CRFS_TCP_CLOSE)
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "messages wait in its error queue (MSG_ERRQUEUE): let the program read them");
}

static void refuse_peer(struct snap *s, const struct cfile *f, struct sock *sk, const struct crfs_fd_tcp *r)
{
	const char *obj = file_obj(s, f);
	struct tcp_conn p;
	const enum tcp_who is = tcp_whose(s, sk, &p);
	const char *name = snap_printf(s, "%.*s port %u", r->peer.len, r->peer.p ?: "", r->peer_port);

	if (!name)
		name = "its peer";
	if (tcp_keyed(sk))
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "its connection with %s is signed (TCP_MD5SIG), which cannot be carried: use another protection",
				 name);
	if (is == PEER_SHAKES)
		snap_unsupported(s, -EAGAIN, obj,
				 "its connection with %s is none there yet, as data is waited for (TCP_DEFER_ACCEPT) or the queue was full: let it send, or who listens accept",
				 name);
	if (is < PEER_WAITS || s->mi->guards)
		return;
	if (is == PEER_OUTSIDE)
		snap_unsupported(s, -EXDEV, obj,
				 "connected with %s outside the container: close the connection, or mount with -o tcp=guard",
				 name);
	else if (is == PEER_WAITS)
		snap_unsupported(s, -EOPNOTSUPP, obj,
				 "its connection with %s waits to be accepted: let who listens there accept it", name);
	else
		snap_unsupported(s, -EAGAIN, obj,
				 "%u bytes of %s, which is closed, are still on their way: let the program read them",
				 p.wqueue - 1, name);
}

/* A message of ICMP that ends a call is in the error queue, too, asked for or not; of IPv4 (tcp_v4_err()). */
static bool by_icmp(bool v4, const struct tcp_seen *t)
{
	return v4 && t->error && t->connecting && t->error != ETIMEDOUT && t->error != ECONNABORTED &&
	       t->error != ECONNREFUSED;
}

/* The error that a dead connection has to tell, where it is not that of a reset. */
static void refuse_error(struct snap *s, const struct cfile *f, const struct tcp_seen *t)
{
	const struct crfs_str *a = &t->r.addr;
	const bool v4 = t->r.family == AF_INET || (a->len > 7 && !memcmp(a->p, "::ffff:", 7));

	if (!t->rdhup || t->r.state != CRFS_TCP_CLOSE)
		return;
	if (t->queued > by_icmp(v4, t))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "messages wait in its error queue (MSG_ERRQUEUE): let the program read them");
	if (t->error && (!crfs_tcp_error_kept(v4, t->connecting, t->error) || t->queued < by_icmp(v4, t)))
		snap_lost(s, file_obj(s, f), "error %d, which its connection has to tell: it becomes ECONNRESET",
			  t->error);
}

static void show_urgent(struct text *out, const struct tcp_seen *t)
{
	if (t->r.ended)
		return;
	if (t->waits >= 0)
		sockopt_row(out, CRFS_URGENT_WAITS, t->waits);
	if (t->taken >= 0)
		sockopt_row(out, CRFS_URGENT_TAKEN, t->taken);
	if (t->sent >= 0)
		sockopt_row(out, CRFS_URGENT_SENT, t->sent);
}

static void show_error(struct text *out, const struct tcp_seen *t)
{
	if (t->r.ended == CRFS_TCP_FAILED && t->error != ECONNRESET)
		sockopt_row(out, t->connecting ? CRFS_CONNECT_ERROR : CRFS_SO_ERROR, t->error);
}

/* The queues of a connection, as an inode. */
static int read_queues(struct snap *s, const struct sock *sk, struct tcp_seen *t)
{
	if (!t->recv->w.len && !t->send->w.len)
		return 0;
	t->r.queues = tcp_queue_put(s, sk, t->recv, t->send);
	return t->r.queues ? 0 : -ENOMEM;
}

static int read_seen(struct snap *s, struct cfile *f, struct sock *sk, struct tcp_seen *t, struct text *out)
{
	static const char *const of_connection[] = { "tcp_maxseg", "tcp_window_clamp", "ipv6_v6only", NULL };
	bool connected;
	int rc = read_ends(s, sock_from_file(f->file), &t->r);

	if (rc)
		return rc;
	see(sk, t);
	tcp_listens(s, f);
	refuse(s, f, sk, t);
	refuse_error(s, f, t);
	connected = tcp_connected(t->r.state);
	if (connected)
		refuse_peer(s, f, sk, &t->r);
	else if (t->r.state == CRFS_TCP_SYN_SENT)
		read_connecting(s, sk, &t->r);
	rc = t->rc;
	if (!rc && (connected || t->r.ended))
		rc = read_queues(s, sk, t);
	if (rc)
		return rc;
	text_section(out, &crfs_fd_tcp_shape);
	text_rec(out, &crfs_fd_tcp_shape, &t->r);
	rc = sockopts_read_without(s, f, out, t->r.state != CRFS_TCP_CLOSE || t->r.ended ? of_connection : NULL);
	show_urgent(out, t);
	show_error(out, t);
	sockopt_owner(s, f, out);
	return rc;
}

static int tcp_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct tcp_seen *t;
	int rc = tcp_look(s);

	if (rc)
		return rc;
	t = snap_alloc(s, sizeof(*t));
	if (!t)
		return -ENOMEM;
	*t = (struct tcp_seen){ .recv = snap_text(s), .send = snap_text(s), .waits = -1, .taken = -1, .sent = -1 };
	return t->recv && t->send ? read_seen(s, f, tcp_of(f), t, out) : -ENOMEM;
}

const struct room res_fd_tcp = {
	.name = "tcp",
	.scope = PER_FILE,
	.match = tcp_match,
	.read = tcp_read,
};
