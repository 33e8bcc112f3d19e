// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A TCP socket that does not listen, in any state, in whichever network namespace of the container.
 *
 * From getsockname(2), TCP_INFO, getsockopt(2), and in repair mode (TCP_REPAIR, CAP_NET_ADMIN) the
 * sequence numbers, windows and the content of both queues, which are looked at and stay; see
 * repair.c. Who is at the other end, sock_diag(7) tells: a socket of the container, one that is
 * closed and belongs to nobody, or one outside. Between two sockets of the container all that is on
 * its way is waited for, so that both tell the same.
 *
 * Not seen, and so neither carried nor named: whether the local address was chosen by the program.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fdroom.h"
#include "repair.h"
#include "res/inode/tcp_queue.h"
#include "rooms.h"
#include "sockopt.h"
#include "sock_view.h"
#include "tcp_error.h"
#include "tcp_look.h"
#include "tcp_urgent.h"

#define TRIES 20	/* to see a connection at a moment when no packet comes */

static const char *name_of(uint8_t state)
{
	const struct crfs_name *n = crfs_tcp_states;

	while (n->name && n->value != state)
		n++;
	return n->name;
}

const char *tcp_state_name(uint8_t state)
{
	const char *name = name_of(state);

	return name ? name : "another state";
}

bool tcp_known(uint8_t state)
{
	return name_of(state) != NULL;
}
static int get_int(int fd, int option)
{
	socklen_t len = sizeof(int);
	int v = 0;

	return getsockopt(fd, IPPROTO_TCP, option, &v, &len) < 0 ? 0 : v;
}

static bool tcp_match(const struct file *f)
{
	return (f->sock.domain == AF_INET || f->sock.domain == AF_INET6) && f->sock.protocol == IPPROTO_TCP &&
	       f->sock.type == SOCK_STREAM && f->sock.listens == 0;
}

/* For a message: "10.0.0.7 port 80" */
static const char *name_end(struct snap *s, const char *addr, unsigned int port)
{
	const char *p = pool_printf(&s->pool, "%s port %u", addr, port);

	return p ? p : addr;
}

struct crfs_str tcp_addr_text(struct snap *s, const union tcp_addr *a, uint16_t *port, uint32_t *scope)
{
	static const struct in6_addr any;
	bool v4 = a->sa.sa_family == AF_INET;
	const void *addr = v4 ? (const void *)&a->in.sin_addr : &a->in6.sin6_addr;
	char text[INET6_ADDRSTRLEN] = "";
	char *p;

	*port = ntohs(a->in.sin_port);
	*scope = v4 ? 0 : a->in6.sin6_scope_id;
	if (!*port && !memcmp(addr, &any, v4 ? 4 : 16))
		return (struct crfs_str){ NULL, 0 };
	inet_ntop(a->sa.sa_family, addr, text, sizeof(text));
	p = pool_strdup(&s->pool, text);
	return (struct crfs_str){ p, p ? strlen(p) : 0 };
}

static int read_ends(struct snap *s, const struct file *f, struct crfs_fd_tcp *r)
{
	union tcp_addr a = { .sa = { .sa_family = AF_UNSPEC } };
	socklen_t len = sizeof(a);

	if (getsockname(f->dup, &a.sa, &len) < 0)
		return fail_on(s->err, -errno, file_obj(s, f), "getsockname");
	r->family = a.sa.sa_family;
	r->addr = tcp_addr_text(s, &a, &r->port, &r->scope);
	len = sizeof(a);
	if (getpeername(f->dup, &a.sa, &len) == 0)
		r->peer = tcp_addr_text(s, &a, &r->peer_port, &r->peer_scope);
	return 0;
}

static void set_queue(int fd, int queue)
{
	setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof(queue));
}

/** struct queue - bytes of one direction; @p is malloc'ed */
struct queue {
	char *p;
	size_t len;
};

/* All of the queue that is chosen, which stays as it is. */
static int peek(int fd, size_t size, struct queue *q)
{
	ssize_t n;

	q->len = 0;
	q->p = malloc(size + 1);
	if (!q->p)
		return -ENOMEM;
	if (!size)
		return 0;
	n = recv(fd, q->p, size, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0 && errno != EAGAIN)
		return -errno;
	q->len = n < 0 ? 0 : n;
	return 0;
}

/** struct tcp_state - what repair mode has told */
struct tcp_state {
	struct queue send, recv;
	struct tcp_repair_window win;
	uint32_t snd_seq, rcv_seq, mss;
	int unread, outq, unsent;
};

static int look_once(int fd, struct tcp_state *t)
{
	socklen_t len = sizeof(t->win);
	int rc;

	if (ioctl(fd, SIOCINQ, &t->unread) < 0 || ioctl(fd, SIOCOUTQ, &t->outq) < 0 ||
	    ioctl(fd, SIOCOUTQNSD, &t->unsent) < 0)
		return -errno;
	set_queue(fd, TCP_RECV_QUEUE);
	t->rcv_seq = get_int(fd, TCP_QUEUE_SEQ);
	rc = peek(fd, t->unread, &t->recv);
	set_queue(fd, TCP_SEND_QUEUE);
	t->snd_seq = get_int(fd, TCP_QUEUE_SEQ);
	if (!rc)
		rc = peek(fd, t->outq, &t->send);
	set_queue(fd, TCP_NO_QUEUE);
	t->mss = get_int(fd, TCP_MAXSEG);
	if (!rc && getsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &t->win, &len) < 0)
		rc = -errno;
	return rc;
}

/*
 * What has come meanwhile, or was acknowledged: then nothing of what was seen goes together. A packet that comes while
 * the send queue is chosen makes the kernel count as sent what it does not send (tcp_write_xmit(), net/ipv4/tcp_output.c);
 * with @inside, where the peer would say if it were not so (tcp_compare()), what was seen before is still true.
 */
static bool moved(int fd, const struct tcp_state *t, bool inside)
{
	int unread = 0, outq = 0, unsent = 0;
	uint32_t rcv_seq;

	set_queue(fd, TCP_RECV_QUEUE);
	rcv_seq = get_int(fd, TCP_QUEUE_SEQ);
	set_queue(fd, TCP_NO_QUEUE);
	return ioctl(fd, SIOCINQ, &unread) < 0 || ioctl(fd, SIOCOUTQ, &outq) < 0 || ioctl(fd, SIOCOUTQNSD, &unsent) < 0 ||
	       rcv_seq != t->rcv_seq || unread != t->unread || outq != t->outq ||
	       (inside ? unsent > t->unsent : unsent != t->unsent);
}

static int look_inside(int fd, struct tcp_state *t, bool inside)
{
	int rc = look_once(fd, t), i;

	for (i = 0; !rc && moved(fd, t, inside); i++) {
		free(t->send.p);
		free(t->recv.p);
		*t = (struct tcp_state){ .unread = 0 };
		rc = i < TRIES ? look_once(fd, t) : -ESTALE;
	}
	return rc;
}

static void note(const struct tcp_state *t, struct crfs_fd_tcp *r)
{
	bool fin = tcp_fin_out(r->state);

	r->snd_seq = t->snd_seq;
	r->rcv_seq = t->rcv_seq;
	r->unsent = t->unsent - (fin && t->unsent);
	r->unacked = t->outq - t->unsent - (fin && !t->unsent && t->outq);
	r->unread = t->recv.len;
	r->snd_wl1 = t->win.snd_wl1;
	r->snd_wnd = t->win.snd_wnd;
	r->max_window = t->win.max_window;
	r->rcv_wnd = t->win.rcv_wnd;
	r->rcv_wup = t->win.rcv_wup;
	r->mss = t->mss;
}

/* The connection itself, for a moment in repair mode. */
static int read_inside(struct snap *s, struct file *f, struct tcp_look *l, struct crfs_fd_tcp *r,
		       struct tcp_urgent *u)
{
	const struct tcp_conn *c = tcp_look_ino(s, l, f->st.st_ino);
	struct tcp_state t = { .unread = 0 };
	struct repair_was was;
	int rc = repair_begin(&l->guard, f->dup, &was), end;

	if (rc) {
		snap_unsupported(s, rc, file_obj(s, f),
				 "TCP_REPAIR: needs CAP_NET_ADMIN and CONFIG_CHECKPOINT_RESTORE");
		return 0;
	}
	rc = look_inside(f->dup, &t, c && tcp_who(l, tcp_there(s, l), c) == PEER_INSIDE);
	end = repair_end(&l->guard, f->dup, &was);
	if (!rc)
		rc = end;
	if (!rc)
		note(&t, r);
	if (!rc)
		rc = tcp_urgent_read(s, f, r, u, c ? c->rqueue : 0, &t.recv.p);
	t.recv.len = r->unread;
	if (r->agreed & TCPI_OPT_TIMESTAMPS && f->id < l->nr_clocks) {
		uint32_t *clock = &l->clocks[f->id];

		/* It had looked as if it could be read quickly. */
		if (!*clock)
			tcp_read_clocks(&f->dup, &clock, 1);
		r->ts_offset = *clock;
	}
	if (!rc && c && tcp_connected(r->state))
		rc = tcp_tell(l, &(struct tcp_told){ tcp_there(s, l), c, f, r->snd_seq - r->unsent - r->unacked,
						     r->snd_seq - r->unsent, r->rcv_seq, tcp_fin_out(r->state) });
	if (!rc && tcp_connected(r->state) && t.send.len != r->unacked + r->unsent)
		rc = fail_on(s->err, -ESTALE, file_obj(s, f), "its queue changed while it was read");
	if (!rc && (t.send.len || t.recv.len)) {
		struct inode *n = tcp_queue_inode(s, f, t.recv.p, t.recv.len, t.send.p, t.send.len);

		if (n)
			return r->queues = n->id, 0;
		rc = -ENOMEM;
	}
	free(t.send.p);
	free(t.recv.p);
	return rc ? fail_on(s->err, rc, file_obj(s, f), "reading its queues") : 0;
}

static void refuse_peer(struct snap *s, const struct file *f, const struct tcp_look *l,
			const struct crfs_fd_tcp *r)
{
	const struct tcp_there *t = tcp_there(s, l);
	const struct tcp_conn *c = tcp_look_ino(s, l, f->st.st_ino), *p = c ? tcp_peer_of(l, t, c) : NULL;
	const char *obj = file_obj(s, f), *name = name_end(s, r->peer.p, r->peer_port);
	enum tcp_who is = c ? tcp_who(l, t, c) : PEER_OUTSIDE;

	if (c && c->keyed)
		snap_unsupported(s, -EOPNOTSUPP, obj, "its connection with %s is signed (TCP_MD5SIG), "
				 "which cannot be carried: use another protection", name);
	if (is == PEER_SHAKES)
		snap_unsupported(s, -EAGAIN, obj, "its connection with %s is none there yet, as data is waited for "
				 "(TCP_DEFER_ACCEPT) or the queue was full: let it send, or who listens accept", name);
	if (is < PEER_WAITS || s->opts->tcp == TCP_OUTSIDE_GUARD)
		return;
	if (is == PEER_OUTSIDE)
		snap_unsupported(s, -EXDEV, obj, "connected with %s outside the container: close the "
				 "connection, or mount with -o tcp=guard", name);
	else if (is == PEER_WAITS)
		snap_unsupported(s, -EOPNOTSUPP, obj, "its connection with %s waits to be accepted: "
				 "let who listens there accept it", name);
	else
		snap_unsupported(s, -EAGAIN, obj, "%u bytes of %s, which is closed, are still on their "
				 "way: let the program read them", p->wqueue - 1, name);
}

/* TCP_AO_INFO, Linux 6.7: there is an answer only if there are keys. */
static bool has_ao(int fd)
{
	char info[64] = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, 40, info, &len) == 0;
}

static void refuse_ao(struct snap *s, const struct file *f)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "it is signed (TCP_AO), which cannot be carried: "
			 "use another protection");
}

static void refuse_md5(struct snap *s, const struct file *f)
{
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "its connections are signed (TCP_MD5SIG), "
			 "which cannot be carried: use another protection");
}

/* sock_diag(7) tells it of sockets that have a connection or listen; of others the kernel's memory does. */
static bool has_md5(struct snap *s, const struct file *f)
{
	uint64_t sk, info = 0, first = 0;
	struct kmem *k;
	int rc;

	k = s->live ? NULL : snap_kmem(s, &rc);
	return k && k->at[K_TP_MD5] >= 0 && k->at[K_MD5_HEAD] >= 0 && !kmem_socket(k, f->dup, &sk) &&
	       !kmem_get(k, sk, K_TP_MD5, &info, sizeof(info)) && info &&
	       !kmem_get(k, info, K_MD5_HEAD, &first, sizeof(first)) && first;
}

void tcp_listens(struct snap *s, const struct file *f)
{
	struct tcp_look *l = s->live ? NULL : tcp_look(s);
	const struct tcp_conn *c = l && !l->rc ? tcp_look_ino(s, l, f->st.st_ino) : NULL;

	/* Without it nobody knows whether its connections are signed, either. */
	if (l && l->rc)
		snap_unsupported(s, l->rc, file_obj(s, f), "%s", l->err.code ? l->err.text :
				 "sock_diag of TCP sockets: modprobe tcp_diag");
	if (c && c->keyed)
		refuse_md5(s, f);
	if (has_ao(f->dup))
		refuse_ao(s, f);
}

static void refuse(struct snap *s, const struct file *f, const struct crfs_fd_tcp *r, short events)
{
	char ulp[16] = "";
	socklen_t len = sizeof(ulp);

	if (getsockopt(f->dup, IPPROTO_TCP, TCP_ULP, ulp, &len) == 0 && len)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "the kernel does %.*s on it (TCP_ULP), "
				 "which cannot be carried: let the program do that itself",
				 (int)strnlen(ulp, sizeof(ulp)), ulp);
	if (has_ao(f->dup))
		refuse_ao(s, f);
	if (r->state == CRFS_TCP_CLOSE && has_md5(s, f))
		refuse_md5(s, f);
	if ((events & POLLERR) && r->state != CRFS_TCP_CLOSE)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "messages wait in its error queue "
				 "(MSG_ERRQUEUE): let the program read them");
}

static short poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI | POLLRDHUP };

	return poll(&p, 1, 0) < 0 ? 0 : p.revents;
}

/* A socket in CLOSE that has had a connection tells of its end; a new one has nothing to tell. */
static void read_state(struct snap *s, const struct file *f, struct crfs_fd_tcp *r, struct tcp_urgent *u)
{
	struct tcp_info info = { .tcpi_state = CRFS_TCP_CLOSE };
	socklen_t len = sizeof(info);
	short events = poll_now(f->dup);

	if (getsockopt(f->dup, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		snap_unsupported(s, -errno, file_obj(s, f), "TCP_INFO");
	r->state = info.tcpi_state;
	if (!tcp_known(r->state))	/* accepted by fast open, before the handshake was over */
		snap_unsupported(s, -EAGAIN, file_obj(s, f), "its handshake is not over (state %u): try "
				 "again in a moment", info.tcpi_state);
	if (r->state == CRFS_TCP_CLOSE)
		r->ended = events & POLLRDHUP ?
			   events & POLLERR ? CRFS_TCP_FAILED : CRFS_TCP_ENDED : CRFS_TCP_NEVER;
	else
		r->shut_rd = !tcp_fin_in(r->state) && (events & POLLRDHUP);
	if (tcp_connected(r->state)) {
		r->agreed = info.tcpi_options & 7;
		r->snd_wscale = info.tcpi_snd_wscale;
		r->rcv_wscale = info.tcpi_rcv_wscale;
	}
	if (info.tcpi_options & 64)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "its timestamps count microseconds, which "
				 "cannot be carried: take tcp_usec_ts from the route");
	u->pri = events & POLLPRI;
	refuse(s, f, r, events);
}

static void forget_connection(struct crfs_fd_tcp *r)
{
	r->snd_seq = r->rcv_seq = r->mss = r->ts_offset = 0;
	r->unacked = r->unsent = 0;
	r->snd_wl1 = r->snd_wnd = r->max_window = r->rcv_wnd = r->rcv_wup = 0;
}

static int read_connection(struct snap *s, struct file *f, struct crfs_fd_tcp *r, struct tcp_urgent *u)
{
	struct tcp_look *l = tcp_look(s);
	int rc;

	if (!l)
		return fail(s->err, -ENOMEM, "the connections of this network");
	if (l->rc) {
		snap_unsupported(s, l->rc, file_obj(s, f), "%s", l->err.code ? l->err.text :
				 "sock_diag of TCP sockets: modprobe tcp_diag");
		return 0;
	}
	if (tcp_connected(r->state))
		refuse_peer(s, f, l, r);
	if (s->live)
		return 0;
	rc = read_inside(s, f, l, r, u);
	if (!rc && !tcp_connected(r->state))
		forget_connection(r);
	return rc;
}

/* Whom it tries to reach, getpeername(2) does not tell. */
static int read_connecting(struct snap *s, struct file *f, struct crfs_fd_tcp *r)
{
	struct tcp_look *l = tcp_look(s);
	const struct tcp_conn *c = l && !l->rc ? tcp_look_ino(s, l, f->st.st_ino) : NULL;
	union tcp_addr a = { .sa = { .sa_family = r->family } };

	if (!c) {
		snap_unsupported(s, l && l->rc ? l->rc : -EAGAIN, file_obj(s, f),
				 "sock_diag of TCP sockets: modprobe tcp_diag");
		return 0;
	}
	if (c->keyed)
		refuse_md5(s, f);
	a.in.sin_port = htons(c->peer.port);
	if (r->family == AF_INET)
		memcpy(&a.in.sin_addr, c->peer.addr + 12, 4);
	else
		memcpy(&a.in6.sin6_addr, c->peer.addr, 16);
	r->peer = tcp_addr_text(s, &a, &r->peer_port, &r->peer_scope);
	return 0;
}

/* Where there are many, the connections are looked at first. */
static bool read_quickly(struct snap *s, struct file *f, struct crfs_fd_tcp *r, char congestion[16])
{
	struct tcp_look *l = sock_view(s, f) ? tcp_look(s) : NULL;

	if (!l || l->rc || !tcp_quick_read(s, f, tcp_look_ino(s, l, f->st.st_ino), &l->quick, r, congestion))
		return false;
	refuse_peer(s, f, l, r);
	return true;
}

static int read_slowly(struct snap *s, struct file *f, struct crfs_fd_tcp *r, struct tcp_urgent *u,
		       struct tcp_error *e, char congestion[16])
{
	socklen_t len = 16;
	int rc = read_ends(s, f, r);

	if (rc)
		return rc;
	read_state(s, f, r, u);
	if (r->ended == CRFS_TCP_FAILED && !s->live)
		tcp_error_read(s, f, r, e);
	/* Those that grow by themselves are even but for what their growth leaves. */
	r->sndbuf = sock_int(f->dup, SOL_SOCKET, SO_SNDBUF) & ~1;
	r->rcvbuf = sock_int(f->dup, SOL_SOCKET, SO_RCVBUF) & ~1;
	getsockopt(f->dup, IPPROTO_TCP, TCP_CONGESTION, congestion, &len);
	if (tcp_connected(r->state) || r->ended)
		return read_connection(s, f, r, u);
	return r->state == CRFS_TCP_SYN_SENT ? read_connecting(s, f, r) : 0;
}

static int tcp_read(struct snap *s, void *obj, struct text *out)
{
	static const char *const of_connection[] = { "tcp_maxseg", "tcp_window_clamp",
						     "ipv6_v6only", NULL };
	struct crfs_fd_tcp r = { .state = CRFS_TCP_CLOSE };
	struct tcp_urgent u = { .waits = -1, .taken = -1, .sent = -1 };
	struct tcp_error e = { .error = 0 };
	struct file *f = obj;
	char congestion[16] = "";
	int rc = read_quickly(s, f, &r, congestion) ? 0 : read_slowly(s, f, &r, &u, &e, congestion);

	if (rc)
		return rc;
	r.congestion = (struct crfs_str){ congestion, strnlen(congestion, sizeof(congestion)) };
	text_section(out, &crfs_fd_tcp_shape);
	text_rec(out, &crfs_fd_tcp_shape, &r);
	rc = sockopts_read_without(s, f, out, r.state != CRFS_TCP_CLOSE || r.ended ? of_connection : NULL);
	tcp_urgent_show(out, &u);
	tcp_error_show(out, &e);
	sockopt_owner_read(f, out);
	return rc;
}

const struct resource res_fd_tcp = {
	.name = "tcp",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_tcp_shape, &crfs_sockopt_shape, NULL },
	.late = true,		/* behind the listeners, whose ports the others share */
	.match = tcp_match,
	.read = tcp_read,
	.check = tcp_check,
	.make = tcp_make,
};
