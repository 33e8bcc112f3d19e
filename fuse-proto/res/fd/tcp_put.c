// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting TCP sockets back: all of them are made in repair mode first, as if they had just connected,
 * with their sequence numbers and queues (tcp_repair.c); when the last is there, all leave repair mode, say what
 * goodbyes they had said, and get their windows.
 *
 * Nothing can put a socket into a state behind ESTABLISHED but the packets that lead there. So who had
 * sent a FIN sends it again, in an order in which the other side comes to its state too: first those
 * whose FIN waits behind data, then those whose FIN has come, then those who answered one. Where the
 * other side is nobody any more, a mirror of it is made for a moment, which sends the FIN.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <crfs/res/inode/tcp_queue.h>

#include "fdroom.h"
#include "listener.h"
#include "nft.h"
#include "repair.h"
#include "res/inode/tcp_queue.h"
#include "rooms.h"
#include "sock_net.h"
#include "sockopt.h"
#include "tcp_put.h"
#include "tcp_raw.h"

void tcp_make_way(const struct image *im, uint16_t port)
{
	const struct rtcp *t;
	size_t i;

	for (i = 0; i < im->nr[IOBJ_FILE]; i++) {
		t = rtcp_of(&im->objs[IOBJ_FILE][i]);
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
	tcp_set_int(t->o->fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(t->o->fd, &t->local.sa, tcp_addr_size(&t->local)) < 0)
		rc = -errno;
	if (rc == -EADDRINUSE) {
		tcp_make_way(rs->im, t->r->port);
		rc = bind(t->o->fd, &t->local.sa, tcp_addr_size(&t->local)) < 0 ? -errno : 0;
	}
	if (!rc)
		rc = tcp_set_int(t->o->fd, SOL_SOCKET, SO_REUSEADDR, reuse);
	return rc ? fail_on(rs->err, rc, t->o->path, "bind to %.*s port %u: who has it?",
			    t->r->addr.len, t->r->addr.p, t->r->port) : 0;
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
		rc = tcp_set_seq(fd, TCP_SEND_QUEUE, n.snd);
	if (!rc)
		rc = tcp_set_seq(fd, TCP_RECV_QUEUE, n.rcv);
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

int tcp_mirror(const struct rtcp *t, uint32_t snd, uint32_t rcv)
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
		t = rtcp_of(&rs->im->objs[IOBJ_FILE][i]);
		if (!t || !tcp_connected(t->r->state) || memcmp(&t->lend, local, sizeof(*local)) ||
		    memcmp(&t->pend, peer, sizeof(*peer)))
			continue;
		*ts = tcp_clock_even() + tcp_ts_offset(rs, t->r->ts_offset);
		return true;
	}
	return false;
}

bool tcp_clock_kept(const struct restore *rs)
{
	return tcp_ts_offset(rs, 0) == 0;
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
		fd = tcp_mirror(t, r->rcv_seq - 1, r->snd_seq - tcp_fin_out(r->state) - r->unsent);
	if (fd == -EADDRINUSE || fd == -EADDRNOTAVAIL)
		return hear_again(rs, t, true);
	if (fd < 0)
		return fail_on(rs->err, fd, t->o->path, "being its peer for a moment");
	t->mirror = fd;
	shutdown(fd, SHUT_WR);
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
	rc = sockopt_owner_put(rs, o, TCP_OPTIONS, o->fd) ?: sockopts_put_first(rs, o, TCP_OPTIONS, o->fd);
	if (rc)
		return rc;
	if (r->congestion.len && setsockopt(o->fd, IPPROTO_TCP, TCP_CONGESTION, r->congestion.p,
					    r->congestion.len) < 0)
		return fail_on(rs->err, -errno, o->path, "congestion control %.*s",
			       r->congestion.len, r->congestion.p);
	if (tcp_connected(r->state))
		rc = tcp_put_connection(rs, t);
	else
		rc = r->ended ? tcp_put_dead(rs, t) : put_bound(rs, t);
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
		 tcp_put_timestamp(t->o->fd, tcp_ts_offset(rs, t->r->ts_offset)) : 0;

	return rc ? fail_on(rs->err, rc, t->o->path, "TCP_TIMESTAMP") : 0;
}

/*
 * Begun anew: nobody has answered yet. Behind those that wait in a listener of the container: if that is full, it answers
 * nobody, and who came first had the last place.
 */
static int connect_anew(struct restore *rs, struct rtcp *t)
{
	int fd = t->o->fd, flags = t->r->state == CRFS_TCP_SYN_SENT ? fcntl(fd, F_GETFL) : 0;

	if (t->r->state != CRFS_TCP_SYN_SENT)
		return 0;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    (connect(fd, &t->peer.sa, tcp_addr_size(&t->peer)) < 0 && errno != EINPROGRESS))
		return fail_on(rs->err, -errno, t->o->path, "connecting with %.*s port %u",
			       t->r->peer.len, t->r->peer.p, t->r->peer_port);
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

static int leave_repair(struct restore *rs, struct rtcp *t)
{
	int rc = tcp_connected(t->r->state) ? repair_off(t->o->fd) : 0;

	return rc ? fail_on(rs->err, rc, t->o->path, "TCP_REPAIR") : 0;
}

/* Its window is shut, and stays so: nothing is said of this. */
static int take_zeros(struct restore *rs, struct rtcp *t)
{
	int rc = tcp_connected(t->r->state) ? tcp_take_zeros(t->o->fd, t) : 0;

	return rc ? fail_on(rs->err, rc, t->o->path, "what fills its buffer") : 0;
}

static int window_again(struct restore *rs, struct rtcp *t)
{
	int rc = repair_on(t->o->fd);

	if (!rc)
		rc = tcp_put_window(t->o->fd, t->r, tcp_received(t));
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
	int rc = tcp_put_sent(t->o->fd, t, t->r->unacked, t->r->unsent);

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
			tcp_set_int(t->o->fd, SOL_SOCKET, SO_MARK, NFT_MARK);
		shutdown(t->o->fd, SHUT_WR);
		if (!t->pair)
			tcp_set_int(t->o->fd, SOL_SOCKET, SO_MARK,
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
	for (i = 0; i < TCP_SEND_WAIT_MS && state_of(t->mirror) == CRFS_TCP_FIN_WAIT1; i++)
		tcp_nap();
	tcp_vanish(t->mirror);
	t->mirror = -1;
	return i < TCP_SEND_WAIT_MS ? 0 : fail_on(rs->err, -ETIMEDOUT, t->o->path, "it does not answer");
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

	for (i = 0; i < TCP_SEND_WAIT_MS && is != t->r->state; i++) {
		if (t->r->state == CRFS_TCP_SYN_SENT)
			return 0;
		tcp_nap();
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
			rc = tcp_put_window(fd, r, r->rcv_seq);
		repair_off(fd);
	}
	if (!rc && r->ended)
		rc = tcp_dead_done(t);
	if (!rc && (tcp_connected(r->state) || r->ended))
		rc = tcp_set_int(fd, SOL_SOCKET, SO_REUSEADDR,
			     sockopt_value(t->o, TCP_OPTIONS, "so_reuseaddr", 0));
	if (!rc && r->shut_rd)
		shutdown(fd, SHUT_RD);
	if (!rc)
		rc = tcp_put_buffers(t);
	if (rc)
		return fail_on(rs->err, rc, t->o->path, "its window and buffers");
	return sockopts_put_late(rs, t->o, TCP_OPTIONS, fd);
}

static int finish(struct restore *rs)
{
	static int (*const steps[])(struct restore *rs, struct rtcp *t) = {
		put_clock, connect_anew, leave_repair, take_zeros, hear_urgent, write_unsent, say_late_fin, say_fin, end_mirror, say_last_fin,
		came_out, put_last,
	};
	struct image *im = rs->im;
	struct rtcp *t;
	size_t i, k;
	int rc = 0;

	for (k = 0; k < sizeof(steps) / sizeof(steps[0]) && !rc; k++) {
		for (i = 0; i < im->nr[IOBJ_FILE] && !rc; i++) {
			t = rtcp_of(&im->objs[IOBJ_FILE][i]);
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

	if (!rc && tcp_is_last(rs->im, o))
		rc = finish(rs);
	return rc;
}
