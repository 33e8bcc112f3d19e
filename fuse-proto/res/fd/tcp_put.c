// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting TCP sockets back: all of them are made in repair mode first, as if they had just connected,
 * with their sequence numbers and queues; when the last is there, all leave repair mode, say what
 * goodbyes they had said, and get their windows.
 *
 * Nothing can put a socket into a state behind ESTABLISHED but the packets that lead there. So who had
 * sent a FIN sends it again, in an order in which the other side comes to its state too: first those
 * whose FIN waits behind data, then those whose FIN has come, then those who answered one. Where the
 * other side is nobody any more, a mirror of it is made for a moment, which sends the FIN.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <crfs/res/inode/tcp_queue.h>
#include <crfs/res/root/header.h>

#include "fdroom.h"
#include "listener.h"
#include "nft.h"
#include "repair.h"
#include "res/inode/tcp_queue.h"
#include "res/ns/net_links.h"
#include "rooms.h"
#include "sock_net.h"
#include "sockopt.h"
#include "tcp.h"
#include "tcp_raw.h"
#include "tcp_urgent.h"

/* Options of a TCP header, RFC 9293 and 7323; <netinet/tcp.h> does not go with <linux/tcp.h> */
enum { OPT_MSS = 2, OPT_WINDOW = 3, OPT_SACK = 4, OPT_TIMESTAMP = 8 };

#define MSS_MIN 48
#define BUF_MAX (1 << 30)
#define BUF_LOCK 72		/* SO_BUF_LOCK, Linux 5.14 */
#define CHUNK (64 << 10)
#define DRIFT_MS 60000		/* more than clocks are set by while a container is away */
#define SEND_WAIT_MS 2000

/**
 * struct rtcp - a socket that is put back; its file's ->priv
 * @local, @peer, @lend, @pend: its ends; @pair: the socket at the other end, NULL: it is not in the tree
 * @queue: what it holds, or NULL; @net: the network namespace it is in
 * @mirror: the other side that was made for a moment, -1: none
 * @urgent: where in its queues that is; @heard: what came behind it, too, has come again
 */
struct rtcp {
	const struct crfs_fd_tcp *r;
	union tcp_addr local, peer;
	struct tcp_end lend, pend;
	struct iobj *o, *queue;
	unsigned int net;
	struct rtcp *pair;
	int mirror;
	struct tcp_urgent urgent;
	bool heard;
};

bool tcp_addr_fill(union tcp_addr *a, uint16_t family, const struct crfs_str *text, uint16_t port,
		   uint32_t scope)
{
	char buf[INET6_ADDRSTRLEN], again[INET6_ADDRSTRLEN];
	void *addr;

	memset(a, 0, sizeof(*a));
	a->sa.sa_family = family;
	a->in.sin_port = htons(port);
	addr = family == AF_INET ? (void *)&a->in.sin_addr : &a->in6.sin6_addr;
	if (family == AF_INET6)
		a->in6.sin6_scope_id = scope;
	if (!text->len)
		return true;
	if (text->len >= sizeof(buf))
		return false;
	memcpy(buf, text->p, text->len);
	buf[text->len] = '\0';
	return inet_pton(family, buf, addr) == 1 && inet_ntop(family, addr, again, sizeof(again)) &&
	       !strcmp(buf, again);
}

static bool after(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a) < 0;
}

/* What the kernel would refuse, and what no connection is like. */
static const char *wrong(const struct crfs_fd_tcp *r)
{
	bool connected = tcp_connected(r->state);

	if (!tcp_known(r->state) || r->ended > CRFS_TCP_FAILED || r->shut_rd > 1 || r->agreed & ~7)
		return "a state or option that is not known";
	if (!connected && (r->unacked || r->unsent || (r->unread && !r->ended)))
		return "it has queues, but no connection";
	if (connected != (r->peer.len > 0) && r->state != CRFS_TCP_SYN_SENT)
		return connected ? "a connection without peer" : "a peer without connection";
	if ((r->state == CRFS_TCP_SYN_SENT) > (r->peer.len > 0))
		return "it connects to nobody";
	if ((connected || r->ended) && (!r->addr.len || !r->port || (connected && !r->peer_port)))
		return "a connection without ports";
	if (r->ended && r->state != CRFS_TCP_CLOSE)
		return "it is not in CLOSE, and ended";
	if (r->snd_wscale > 14 || r->rcv_wscale > 14)
		return "a window is scaled by 14 bits at most";
	if (connected && (r->mss < MSS_MIN || r->mss > 65535))
		return "no mss is like that";
	if (r->snd_wnd > r->max_window)
		return "snd_wnd is larger than max_window";
	if (after(r->snd_wl1, r->rcv_seq + r->rcv_wnd) || after(r->rcv_wup, r->rcv_seq))
		return "snd_wl1 or rcv_wup is ahead of rcv_seq";
	if (r->sndbuf > BUF_MAX || r->rcvbuf > BUF_MAX)
		return "no buffer is that large";
	return NULL;
}

static void check_queue(struct image *im, struct iobj *o, struct rtcp *t)
{
	const struct crfs_fd_tcp *r = t->r;
	const struct crfs_inode_tcp_queue *q;
	struct iobj *n;

	if (!r->queues) {
		if (r->unread || r->unsent || r->unacked)
			image_mismatch(im, -EINVAL, o->path, "it has queues, and no inode of them");
		return;
	}
	inode_check(im, o, r->queues, &res_inode_tcp_queue);
	n = image_obj(im, IOBJ_INODE, r->queues);
	q = n && n->room == &res_inode_tcp_queue ? image_rec(n, &res_inode_tcp_queue, 0) : NULL;
	if (!q)
		return;
	t->queue = n;
	if (n->priv)
		image_mismatch(im, -EINVAL, o->path, "inodes/%u is another socket's", r->queues);
	n->priv = o;
	if (q->recv != r->unread || q->send != (uint64_t)r->unacked + r->unsent)
		image_mismatch(im, -EINVAL, o->path, "inodes/%u has queues of %u and %u bytes, not of "
			       "%u and %llu", r->queues, q->recv, q->send, r->unread,
			       (unsigned long long)r->unacked + r->unsent);
}

static struct rtcp *of_file(const struct iobj *o)
{
	return o->room == &res_fd_tcp ? o->priv : NULL;
}

static int order(const void *a, const void *b)
{
	const struct rtcp *x = *(struct rtcp *const *)a, *y = *(struct rtcp *const *)b;
	int c = memcmp(&x->lend, &y->lend, sizeof(x->lend));

	if (!c)
		c = memcmp(&x->pend, &y->pend, sizeof(x->pend));
	return c ?: (x->net > y->net) - (x->net < y->net);
}

/* What one has sent and the other has got must go together; a FIN of its own may be in between. */
static void check_pair(struct image *im, const struct rtcp *t)
{
	const struct rtcp *p = t->pair;
	uint32_t nxt = t->r->snd_seq - t->r->unsent, una = nxt - t->r->unacked;
	uint32_t fin = tcp_fin_out(t->r->state);

	if (p && (after(p->r->rcv_seq, nxt) || after(una - fin, p->r->rcv_seq)))
		image_mismatch(im, -EINVAL, t->o->path, "what it has sent and what %s has got do not "
			       "go together", p->o->path);
}

static bool ends_match(const struct rtcp *a, const struct rtcp *b)
{
	return !memcmp(&a->lend, &b->pend, sizeof(a->lend)) && !memcmp(&a->pend, &b->lend, sizeof(a->pend));
}

static bool is_loopback(const struct tcp_end *e)
{
	static const uint8_t lo6[16] = { [15] = 1 };

	return tcp_end_v4(e) ? e->addr[12] == 127 : !memcmp(e->addr, lo6, 16);
}

/* Where it is itself, else in another namespace: a veth leads there. Of those with the same ends the lowest is first. */
static void find_pair(struct rtcp **all, size_t n, struct rtcp *t)
{
	struct rtcp key = { .lend = t->pend, .pend = t->lend, .net = t->net }, *k = &key, **p;
	size_t from = 0, to = n, mid;

	p = bsearch(&k, all, n, sizeof(*all), order);
	t->pair = p ? *p : NULL;
	if (t->pair || is_loopback(&t->lend))
		return;
	key.net = 0;
	while (from < to) {
		mid = (from + to) / 2;
		if (order(&all[mid], &k) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	if (from < n && ends_match(all[from], t))
		t->pair = all[from];
}

/* Called for the last of them: all others are known by then. */
static void check_all(struct image *im)
{
	struct rtcp **all = pool_alloc(&im->pool, (im->nr[IOBJ_FILE] + 1) * sizeof(*all)), *t;
	size_t n = 0, i;

	for (i = 0; all && i < im->nr[IOBJ_FILE]; i++) {
		t = of_file(&im->objs[IOBJ_FILE][i]);
		if (t && tcp_connected(t->r->state))
			all[n++] = t;
	}
	if (!n)
		return;
	qsort(all, n, sizeof(*all), order);
	for (i = 1; i < n; i++)
		if (!order(&all[i - 1], &all[i]))
			image_mismatch(im, -EINVAL, all[i]->o->path, "it is the same connection as %s",
				       all[i - 1]->o->path);
	for (i = 0; i < n; i++)
		find_pair(all, n, all[i]);
	for (i = 0; i < n; i++)
		check_pair(im, all[i]);
}

static bool is_last(const struct image *im, const struct iobj *o)
{
	const struct iobj *end = im->objs[IOBJ_FILE] + im->nr[IOBJ_FILE], *next;

	for (next = o + 1; next < end; next++)
		if (next->room == o->room)
			return false;
	return true;
}

static void check_ends(struct image *im, struct iobj *o, struct rtcp *t)
{
	const struct crfs_fd_tcp *r = t->r;

	if (!tcp_addr_fill(&t->local, r->family, &r->addr, r->port, r->scope) ||
	    !tcp_addr_fill(&t->peer, r->family, &r->peer, r->peer_port, r->peer_scope)) {
		image_mismatch(im, -EINVAL, o->path, "no address of its family is written like that");
		return;
	}
	tcp_end_of(&t->local, &t->lend);
	tcp_end_of(&t->peer, &t->pend);
	if (r->addr.len && !sockopt_value(o, TCP_OPTIONS, "ip_freebind", 0) &&
	    !sockopt_value(o, TCP_OPTIONS, "ip_transparent", 0) && !tcp_end_any(&t->lend) &&
	    !net_addr_here(im, t->net, &t->lend))
		image_mismatch(im, -EADDRNOTAVAIL, o->path, "%.*s is no address of this machine: add it",
			       r->addr.len, r->addr.p);
}

void tcp_check(struct image *im, struct iobj *o)
{
	static const char *const beside[] = { URGENT_WAITS, URGENT_TAKEN, URGENT_SENT, NULL };
	const struct crfs_fd_tcp *r = image_rec(o, &res_fd_tcp, 0);
	struct rtcp *t = r ? pool_alloc(&im->pool, sizeof(*t)) : NULL;
	const char *why;

	if (!t)
		return;
	t->r = r;
	t->o = o;
	t->net = sock_net_id(im, o);
	t->mirror = -1;
	if (r->family != AF_INET && r->family != AF_INET6) {
		image_mismatch(im, -EAFNOSUPPORT, o->path, "family %u", r->family);
	} else {
		o->priv = t;
		check_ends(im, o, t);
	}
	tcp_urgent_take(o, &t->urgent);
	why = wrong(r) ?: tcp_urgent_wrong(r, &t->urgent);
	if (why)
		image_mismatch(im, -EINVAL, o->path, "%s: copy the checkpoint again", why);
	check_queue(im, o, t);
	sockopts_check_beside(im, o, TCP_OPTIONS, beside);
	if (is_last(im, o))
		check_all(im);
}

static int set_int(int fd, int level, int option, int v)
{
	return setsockopt(fd, level, option, &v, sizeof(v)) < 0 ? -errno : 0;
}

static int set_seq(int fd, int queue, uint32_t seq)
{
	int rc = set_int(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue);

	return rc ? rc : set_int(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, seq);
}

static int set_buffers(int fd, uint32_t snd, uint32_t rcv)
{
	int rc = set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, snd / 2);

	return rc ? rc : set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, rcv / 2);
}

/* To their old size, and growing by themselves if they did. */
static int put_buffers(const struct rtcp *t)
{
	uint32_t locks = 0;
	int rc = set_buffers(t->o->fd, t->r->sndbuf, t->r->rcvbuf);

	if (sockopt_value(t->o, TCP_OPTIONS, "so_sndbuf", -1) >= 0)
		locks |= 1;
	if (sockopt_value(t->o, TCP_OPTIONS, "so_rcvbuf", -1) >= 0)
		locks |= 2;
	return rc ? rc : set_int(t->o->fd, SOL_SOCKET, BUF_LOCK, locks);
}

/* What the peer knows of this clock must not go back, and not far ahead, whatever machine this is. */
static uint32_t ts_offset(const struct restore *rs, uint32_t offset)
{
	const struct crfs_header *h = rs->im->nr[IOBJ_ROOT] ?
		image_rec(&rs->im->objs[IOBJ_ROOT][0], &res_root_header, 0) : NULL;
	struct timespec mono, real;
	int64_t away, ran;

	if (!h)
		return offset;
	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &real);
	ran = mono.tv_sec * 1000LL + mono.tv_nsec / 1000000 - h->monotonic_ns / 1000000;
	away = real.tv_sec * 1000LL + real.tv_nsec / 1000000 - h->realtime_ns / 1000000;
	if (away < 0)
		away = 0;
	if (ran >= 0 && ran - away < DRIFT_MS && away - ran < DRIFT_MS)
		return offset;
	return offset + (uint32_t)((away - ran) & ~1LL);
}

/* The kernel takes the last bit for something else: at an even moment an even number is exact. */
static int put_timestamp(int fd, uint32_t offset)
{
	uint32_t at;
	int rc;

	do {
		at = tcp_clock_even();
		rc = set_int(fd, IPPROTO_TCP, TCP_TIMESTAMP, at + offset);
	} while (!rc && tcp_clock_even() != at);
	return rc;
}

static int put_agreed(int fd, const struct crfs_fd_tcp *r)
{
	struct tcp_repair_opt o[4] = { { OPT_MSS, r->mss } };
	int n = 1;

	if (r->agreed & TCPI_OPT_WSCALE)
		o[n++] = (struct tcp_repair_opt){ OPT_WINDOW, r->snd_wscale | r->rcv_wscale << 16 };
	if (r->agreed & TCPI_OPT_SACK)
		o[n++] = (struct tcp_repair_opt){ OPT_SACK, 0 };
	if (r->agreed & TCPI_OPT_TIMESTAMPS)
		o[n++] = (struct tcp_repair_opt){ OPT_TIMESTAMP, 0 };
	return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_OPTIONS, o, n * sizeof(o[0])) < 0 ? -errno : 0;
}

static int put_window(int fd, const struct crfs_fd_tcp *r, uint32_t rcv_seq)
{
	struct tcp_repair_window w = { r->snd_wl1, r->snd_wnd, r->max_window, r->rcv_wnd, r->rcv_wup };

	if (after(w.rcv_wup, rcv_seq)) {
		w.rcv_wnd += w.rcv_wup - rcv_seq;
		w.rcv_wup = rcv_seq;
	}
	return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &w, sizeof(w)) < 0 ? -errno : 0;
}

static void nap(void)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

/* In repair mode bytes go into the queue that is chosen, else they are written as ever. */
static int put_bytes(int fd, struct node *n, off_t from, off_t len, int flags)
{
	char *buf = malloc(CHUNK);
	int waited = 0, rc = buf ? 0 : -ENOMEM;
	ssize_t got, done;

	while (!rc && len) {
		got = node_pread(n, buf, len < CHUNK ? len : CHUNK, from);
		done = got <= 0 ? got : send(fd, buf, got, MSG_DONTWAIT | MSG_NOSIGNAL | flags);
		if (got <= 0 || (done < 0 && (errno != EAGAIN || ++waited > SEND_WAIT_MS)))
			rc = got < 0 ? (int)got : got ? -errno : -EIO;
		else if (done < 0)
			nap();
		else
			from += done, len -= done;
	}
	free(buf);
	return rc;
}

/* A part of the queue "send"; who wrote the last byte of what is urgent said so. */
static int put_sent(int fd, const struct rtcp *t, off_t from, off_t len)
{
	struct node *n = t->queue && len ? tcp_queue_node(t->queue, "send") : NULL;
	off_t last = t->urgent.sent - 1;
	int rc;

	if (!n || last < from || last >= from + len)
		return n ? put_bytes(fd, n, from, len, 0) : 0;
	rc = put_bytes(fd, n, from, last - from, 0);
	if (!rc)
		rc = put_bytes(fd, n, last, 1, MSG_OOB);
	return rc ?: put_bytes(fd, n, last + 1, from + len - last - 1, 0);
}

/* Up to urgent data, which only a segment can make such; then it is said again: hear_urgent() */
static uint32_t plain_bytes(const struct rtcp *t)
{
	int64_t at = tcp_urgent_in(&t->urgent);

	return at >= 0 ? at : t->r->unread;
}

static int put_received(int fd, const struct rtcp *t)
{
	struct node *n = t->queue && plain_bytes(t) ? tcp_queue_node(t->queue, "recv") : NULL;
	int rc = set_int(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);

	return rc || !n ? rc : put_bytes(fd, n, 0, plain_bytes(t), 0);
}

/* The sequence number behind what is there by then */
static uint32_t received(const struct rtcp *t)
{
	uint32_t end = t->r->rcv_seq - tcp_fin_in(t->r->state);

	return t->heard ? end : end - t->r->unread + plain_bytes(t);
}

/* What is left of it in the kernel must not keep it from coming back. */
static int connect_again(int fd, const struct rtcp *t)
{
	int rc;

	if (connect(fd, &t->peer.sa, tcp_addr_size(&t->peer)) == 0)
		return 0;
	rc = -errno;
	if (rc != -EADDRNOTAVAIL || tcp_end_remains(&t->lend, &t->pend))
		return rc;
	return connect(fd, &t->peer.sa, tcp_addr_size(&t->peer)) < 0 ? -errno : 0;
}

/* Up to ESTABLISHED, in repair mode, where no packet comes of it. */
static int connect_in_repair(struct rtcp *t, int fd)
{
	const struct crfs_fd_tcp *r = t->r;
	uint32_t snd = r->snd_seq - tcp_fin_out(r->state) - r->unsent - r->unacked;
	uint32_t rcv = r->rcv_seq - tcp_fin_in(r->state) - r->unread;
	int rc = repair_on(fd);

	if (!rc && bind(fd, &t->local.sa, tcp_addr_size(&t->local)) < 0)
		rc = -errno;
	if (!rc)
		rc = set_seq(fd, TCP_SEND_QUEUE, snd);
	if (!rc)
		rc = set_seq(fd, TCP_RECV_QUEUE, rcv);
	return rc ? rc : connect_again(fd, t);
}

static int put_connection(struct restore *rs, struct rtcp *t)
{
	uint32_t room = 2 * (t->r->unsent + t->r->unacked + t->r->unread) + (1 << 20);
	int fd = t->o->fd, rc = connect_in_repair(t, fd);

	if (rc)
		return fail_on(rs->err, rc, t->o->path, "connecting %.*s port %u with %.*s port %u: who "
			       "has that connection?", t->r->addr.len, t->r->addr.p, t->r->port,
			       t->r->peer.len, t->r->peer.p, t->r->peer_port);
	rc = put_agreed(fd, t->r);
	if (rc)
		return fail_on(rs->err, rc, t->o->path, "TCP_REPAIR_OPTIONS");
	rc = set_buffers(fd, room > BUF_MAX ? BUF_MAX : room, room > BUF_MAX ? BUF_MAX : room);
	if (!rc)
		rc = put_received(fd, t);
	if (!rc)
		rc = set_int(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	if (!rc)
		rc = put_sent(fd, t, 0, t->r->unacked);
	if (!rc)
		rc = set_int(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_NO_QUEUE);
	if (!rc)
		rc = put_window(fd, t->r, received(t));
	return rc ? fail_on(rs->err, rc, t->o->path, "filling its queues") : 0;
}

void tcp_make_way(const struct image *im, uint16_t port)
{
	const struct rtcp *t;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_FILE]; i++) {
		t = of_file(&im->objs[IOBJ_FILE][i]);
		if (t && tcp_connected(t->r->state) && t->r->port == port)
			tcp_end_remains(&t->lend, &t->pend);
	}
	tcp_end_waits(port);
}

/* Connections of before, which end by themselves, must not keep us from the address. */
static int put_bound(struct restore *rs, struct rtcp *t)
{
	int reuse = sockopt_value(t->o, TCP_OPTIONS, "so_reuseaddr", 0), rc = 0;

	if (!t->r->addr.len)
		return 0;
	set_int(t->o->fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(t->o->fd, &t->local.sa, tcp_addr_size(&t->local)) < 0)
		rc = -errno;
	if (rc == -EADDRINUSE) {
		tcp_make_way(rs->im, t->r->port);
		rc = bind(t->o->fd, &t->local.sa, tcp_addr_size(&t->local)) < 0 ? -errno : 0;
	}
	if (!rc)
		rc = set_int(t->o->fd, SOL_SOCKET, SO_REUSEADDR, reuse);
	return rc ? fail_on(rs->err, rc, t->o->path, "bind to %.*s port %u: who has it?",
			    t->r->addr.len, t->r->addr.p, t->r->port) : 0;
}

/* Begun anew: nobody has answered yet. */
static int put_connecting(struct restore *rs, struct rtcp *t)
{
	int rc = put_bound(rs, t);

	if (rc)
		return rc;
	if (fcntl(t->o->fd, F_SETFL, O_NONBLOCK) < 0 ||
	    (connect(t->o->fd, &t->peer.sa, tcp_addr_size(&t->peer)) < 0 && errno != EINPROGRESS))
		return fail_on(rs->err, -errno, t->o->path, "connecting with %.*s port %u",
			       t->r->peer.len, t->r->peer.p, t->r->peer_port);
	return fcntl(t->o->fd, F_SETFL, 0) < 0 ? -errno : 0;
}

int tcp_stand_in(const union tcp_addr *local, const union tcp_addr *peer, struct tcp_numbers n)
{
	struct tcp_repair_window w = { n.rcv, 65535, 65535, 65535, n.rcv };
	int fd = socket(local->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP), rc;
	struct tcp_end lend, pend;

	if (fd < 0)
		return -errno;
	tcp_end_of(local, &lend);
	tcp_end_of(peer, &pend);
	rc = repair_on(fd);
	if (!rc && bind(fd, &local->sa, tcp_addr_size(local)) < 0)
		rc = -errno;
	if (!rc)
		rc = set_seq(fd, TCP_SEND_QUEUE, n.snd);
	if (!rc)
		rc = set_seq(fd, TCP_RECV_QUEUE, n.rcv);
	if (!rc && connect(fd, &peer->sa, tcp_addr_size(peer)) < 0) {
		rc = -errno;
		if (rc == -EADDRNOTAVAIL && !tcp_end_remains(&lend, &pend))
			rc = connect(fd, &peer->sa, tcp_addr_size(peer)) < 0 ? -errno : 0;
	}
	if (!rc && setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &w, sizeof(w)) < 0)
		rc = -errno;
	if (rc) {
		close(fd);
		return rc;
	}
	return fd;
}

/* The other side of @t, for a moment. Return: a descriptor or a negative errno */
static int mirror(const struct rtcp *t, uint32_t snd, uint32_t rcv)
{
	int fd = tcp_stand_in(&t->peer, &t->local, (struct tcp_numbers){ snd, rcv });
	int rc = fd < 0 ? fd : repair_off(fd);

	if (rc && fd >= 0)
		close(fd);
	return rc ? rc : fd;
}

void tcp_vanish(int fd)
{
	repair_on(fd);
	close(fd);
}

bool tcp_in_tree(const struct restore *rs, const struct tcp_end *local, const struct tcp_end *peer,
		 uint32_t *ts)
{
	const struct rtcp *t;
	size_t i;

	for (i = 0; i < rs->im->nr[IOBJ_FILE]; i++) {
		t = of_file(&rs->im->objs[IOBJ_FILE][i]);
		if (!t || !tcp_connected(t->r->state) || memcmp(&t->lend, local, sizeof(*local)) ||
		    memcmp(&t->pend, peer, sizeof(*peer)))
			continue;
		*ts = tcp_clock_even() + ts_offset(rs, t->r->ts_offset);
		return true;
	}
	return false;
}

bool tcp_clock_kept(const struct restore *rs)
{
	return ts_offset(rs, 0) == 0;
}

/* What its peer outside has said to it, and will not say again. */
static int hear_again(struct restore *rs, struct rtcp *t, bool fin)
{
	const struct crfs_fd_tcp *r = t->r;
	bool answers_fin = r->state == CRFS_TCP_FIN_WAIT2;
	struct tcp_segment s = {
		.from = t->pend, .to = t->lend, .fin = fin, .seq = r->rcv_seq - fin,
		.ack = answers_fin ? r->snd_seq : r->snd_seq - tcp_fin_out(r->state) - r->unsent - r->unacked,
	};
	int rc = tcp_raw(&s);

	return rc ? fail_on(rs->err, rc, t->o->path, "repeating what its peer has said: needs CAP_NET_RAW")
		  : 0;
}

/* Nobody is at the other end, or somebody to whom nothing may be said that was not said before. */
static int hear_fin(struct restore *rs, struct rtcp *t)
{
	const struct crfs_fd_tcp *r = t->r;
	int fd = -EADDRINUSE;

	if (tcp_end_here(&t->pend))
		fd = mirror(t, r->rcv_seq - 1, r->snd_seq - tcp_fin_out(r->state) - r->unsent);
	if (fd == -EADDRINUSE || fd == -EADDRNOTAVAIL)
		return hear_again(rs, t, true);
	if (fd < 0)
		return fail_on(rs->err, fd, t->o->path, "being its peer for a moment");
	t->mirror = fd;
	shutdown(fd, SHUT_WR);
	return 0;
}

/*
 * A dead connection: one is made with ourselves, and reset. What had come before can be read, and what
 * it tells is the error of a reset, or none.
 */
static int put_dead(struct restore *rs, struct rtcp *t)
{
	struct linger hard = { 1, 0 };
	socklen_t len = sizeof(t->peer);
	int other, rc = 0, err;

	t->peer = t->local;
	t->peer.in.sin_port = 0;
	other = socket(t->r->family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (other < 0 || bind(other, &t->peer.sa, len = tcp_addr_size(&t->peer)) < 0 ||
	    getsockname(other, &t->peer.sa, &len) < 0)
		rc = -errno;
	if (other >= 0)
		close(other);
	tcp_end_of(&t->peer, &t->pend);
	if (!rc)
		rc = connect_in_repair(t, t->o->fd);
	if (!rc)
		rc = set_buffers(t->o->fd, 1 << 20, 2 * t->r->unread + (1 << 20));
	if (!rc)
		rc = put_received(t->o->fd, t);
	if (!rc)
		rc = repair_off(t->o->fd);
	other = rc ? rc : mirror(t, 0, 0);
	if (other < 0)
		return fail_on(rs->err, other, t->o->path, "a connection that has ended");
	setsockopt(other, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(other);
	len = sizeof(err);
	if (t->r->ended == CRFS_TCP_ENDED)
		getsockopt(t->o->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	return 0;
}

static int put_one(struct restore *rs, struct rtcp *t)
{
	const struct crfs_fd_tcp *r = t->r;
	struct iobj *o = t->o;
	int rc;

	o->fd = socket(r->family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	if (o->fd < 0)
		return fail_on(rs->err, -errno, o->path, "socket");
	rc = sockopts_put_first(rs, o, TCP_OPTIONS, o->fd);
	if (rc)
		return rc;
	if (r->congestion.len && setsockopt(o->fd, IPPROTO_TCP, TCP_CONGESTION, r->congestion.p,
					    r->congestion.len) < 0)
		return fail_on(rs->err, -errno, o->path, "congestion control %.*s",
			       r->congestion.len, r->congestion.p);
	if (tcp_connected(r->state))
		rc = put_connection(rs, t);
	else if (r->state == CRFS_TCP_SYN_SENT)
		rc = put_connecting(rs, t);
	else
		rc = r->ended ? put_dead(rs, t) : put_bound(rs, t);
	return rc ? rc : file_made(rs, o, o->fd);
}

static uint8_t state_of(int fd)
{
	struct tcp_info info = { .tcpi_state = 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ? 0 : info.tcpi_state;
}

/* Steps that all take before any takes the next. */

static int put_clock(struct restore *rs, struct rtcp *t)
{
	int rc = t->r->agreed & TCPI_OPT_TIMESTAMPS && tcp_connected(t->r->state) ?
		 put_timestamp(t->o->fd, ts_offset(rs, t->r->ts_offset)) : 0;

	return rc ? fail_on(rs->err, rc, t->o->path, "TCP_TIMESTAMP") : 0;
}

static int leave_repair(struct restore *rs, struct rtcp *t)
{
	int rc = tcp_connected(t->r->state) ? repair_off(t->o->fd) : 0;

	return rc ? fail_on(rs->err, rc, t->o->path, "TCP_REPAIR") : 0;
}

static int window_again(struct restore *rs, struct rtcp *t)
{
	int rc = repair_on(t->o->fd);

	if (!rc)
		rc = put_window(t->o->fd, t->r, received(t));
	repair_off(t->o->fd);
	return rc ? fail_on(rs->err, rc, t->o->path, "its window") : 0;
}

/*
 * Our answer must not come to where nobody is: that would reset it. What these segments say of windows is not so, and
 * there is nothing yet that could be sent into them.
 */
static int hear_urgent(struct restore *rs, struct rtcp *t)
{
	struct tcp_numbers n = { .snd = t->r->rcv_seq - tcp_fin_in(t->r->state), .rcv = t->r->snd_seq };
	struct node *recv = t->queue ? tcp_queue_node(t->queue, "recv") : NULL;
	int other = -1, rc;

	if (tcp_urgent_in(&t->urgent) < 0 || !tcp_connected(t->r->state))
		return 0;
	if (!t->pair && tcp_end_here(&t->pend))
		other = tcp_stand_in(&t->peer, &t->local, n);
	rc = tcp_urgent_hear(rs, t->o, t->r, &t->urgent, &t->lend, &t->pend, recv);
	if (other >= 0)
		tcp_vanish(other);
	t->heard = true;
	if (!rc)
		rc = window_again(rs, t);
	return rc || !t->pair ? rc : window_again(rs, t->pair);
}

static int write_unsent(struct restore *rs, struct rtcp *t)
{
	int rc = put_sent(t->o->fd, t, t->r->unacked, t->r->unsent);

	return rc ? fail_on(rs->err, rc, t->o->path, "writing the %u bytes it has not sent",
			    t->r->unsent) : 0;
}

static int say_late_fin(struct restore *rs, struct rtcp *t)
{
	(void)rs;
	if (t->r->state == CRFS_TCP_FIN_WAIT1 || t->r->state == CRFS_TCP_CLOSING)
		shutdown(t->o->fd, SHUT_WR);
	return 0;
}

/* A peer outside has it already; the guard, if there is one, would keep it from being sent at all. */
static int say_fin(struct restore *rs, struct rtcp *t)
{
	if (t->r->state == CRFS_TCP_FIN_WAIT2) {
		if (!t->pair)
			set_int(t->o->fd, SOL_SOCKET, SO_MARK, NFT_MARK);
		shutdown(t->o->fd, SHUT_WR);
		if (!t->pair)
			set_int(t->o->fd, SOL_SOCKET, SO_MARK,
				sockopt_value(t->o, TCP_OPTIONS, "so_mark", 0));
		if (!t->pair && state_of(t->o->fd) != CRFS_TCP_FIN_WAIT2)
			return hear_again(rs, t, false);
	}
	return tcp_fin_in(t->r->state) && !t->pair ? hear_fin(rs, t) : 0;
}

/* Its answer may wait to go with data, and must not come to where nobody is: that would reset it. */
static int end_mirror(struct restore *rs, struct rtcp *t)
{
	int i;

	if (t->mirror < 0)
		return 0;
	for (i = 0; i < SEND_WAIT_MS && state_of(t->mirror) == CRFS_TCP_FIN_WAIT1; i++)
		nap();
	tcp_vanish(t->mirror);
	t->mirror = -1;
	return i < SEND_WAIT_MS ? 0 : fail_on(rs->err, -ETIMEDOUT, t->o->path, "it does not answer");
}

static int say_last_fin(struct restore *rs, struct rtcp *t)
{
	(void)rs;
	if (t->r->state == CRFS_TCP_LAST_ACK)
		shutdown(t->o->fd, SHUT_WR);
	return 0;
}

/* Packets between two of us take a moment, if a processor is busy. */
static int came_out(struct restore *rs, struct rtcp *t)
{
	uint8_t is = state_of(t->o->fd);
	int i;

	for (i = 0; i < SEND_WAIT_MS && is != t->r->state; i++) {
		if (t->r->state == CRFS_TCP_SYN_SENT)
			return 0;
		nap();
		is = state_of(t->o->fd);
	}
	return is == t->r->state ? 0 : fail_on(rs->err, -EIO, t->o->path, "it came to be in %s, not in %s",
					       tcp_state_name(is), tcp_state_name(t->r->state));
}

/* What packets have moved since is set once more; repair mode has cost SO_REUSEADDR. */
static int put_last(struct restore *rs, struct rtcp *t)
{
	const struct crfs_fd_tcp *r = t->r;
	int fd = t->o->fd, rc = 0;

	if (tcp_connected(r->state)) {
		rc = repair_on(fd);
		if (!rc)
			rc = put_window(fd, r, r->rcv_seq);
		repair_off(fd);
	}
	if (!rc && (tcp_connected(r->state) || r->ended))
		rc = set_int(fd, SOL_SOCKET, SO_REUSEADDR,
			     sockopt_value(t->o, TCP_OPTIONS, "so_reuseaddr", 0));
	if (!rc && r->shut_rd)
		shutdown(fd, SHUT_RD);
	if (!rc)
		rc = put_buffers(t);
	if (rc)
		return fail_on(rs->err, rc, t->o->path, "its window and buffers");
	return sockopts_put_late(rs, t->o, TCP_OPTIONS, fd);
}

static int finish(struct restore *rs)
{
	static int (*const steps[])(struct restore *rs, struct rtcp *t) = {
		put_clock, leave_repair, hear_urgent, write_unsent, say_late_fin, say_fin, end_mirror, say_last_fin, came_out, put_last,
	};
	struct image *im = rs->im;
	struct rtcp *t;
	size_t i, k;
	int rc = 0;

	for (k = 0; k < sizeof(steps) / sizeof(steps[0]) && !rc; k++) {
		for (i = 0; i < im->nr[IOBJ_FILE] && !rc; i++) {
			t = of_file(&im->objs[IOBJ_FILE][i]);
			if (t)
				rc = sock_net_enter(rs, t->o) ?: steps[k](rs, t);
		}
		/* with clocks, and silent still */
		if (!k && !rc)
			rc = listener_fill(rs);
	}
	return rc;
}

int tcp_make(struct restore *rs, struct iobj *o)
{
	struct rtcp *t = o->priv;
	int rc = t ? put_one(rs, t) : -EINVAL;

	if (!rc && is_last(rs->im, o))
		rc = finish(rs);
	return rc;
}
