// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A connection in repair mode: made as if it had just connected, with its sequence numbers, what was agreed on, queues
 * and windows. No packet comes of it.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <crfs/res/inode/tcp_queue.h>
#include <crfs/res/root/header.h>

#include "fdroom.h"
#include "repair.h"
#include "res/inode/tcp_queue.h"
#include "rooms.h"
#include "sockopt.h"
#include "tcp_put.h"

/* Options of a TCP header, RFC 9293 and 7323; <netinet/tcp.h> does not go with <linux/tcp.h> */
enum { OPT_MSS = 2, OPT_WINDOW = 3, OPT_SACK = 4, OPT_TIMESTAMP = 8 };

#define BUF_LOCK 72		/* SO_BUF_LOCK, Linux 5.14 */
#define CHUNK (64 << 10)
#define DRIFT_MS 60000		/* more than clocks are set by while a container is away */

int tcp_set_int(int fd, int level, int option, int v)
{
	return setsockopt(fd, level, option, &v, sizeof(v)) < 0 ? -errno : 0;
}

int tcp_set_seq(int fd, int queue, uint32_t seq)
{
	int rc = tcp_set_int(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue);

	return rc ? rc : tcp_set_int(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, seq);
}

int tcp_set_buffers(int fd, uint32_t snd, uint32_t rcv)
{
	int rc = tcp_set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, snd / 2);

	return rc ? rc : tcp_set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, rcv / 2);
}

/* To their old size, and growing by themselves if they did. */
int tcp_put_buffers(const struct rtcp *t)
{
	uint32_t locks = 0;
	int rc = tcp_set_buffers(t->o->fd, t->r->sndbuf, t->r->rcvbuf);

	if (sockopt_value(t->o, TCP_OPTIONS, "so_sndbuf", -1) >= 0)
		locks |= 1;
	if (sockopt_value(t->o, TCP_OPTIONS, "so_rcvbuf", -1) >= 0)
		locks |= 2;
	return rc ? rc : tcp_set_int(t->o->fd, SOL_SOCKET, BUF_LOCK, locks);
}

/* What the peer knows of this clock must not go back, and not far ahead, whatever machine this is. */
uint32_t tcp_ts_offset(const struct restore *rs, uint32_t offset)
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
int tcp_put_timestamp(int fd, uint32_t offset)
{
	uint32_t at;
	int rc;

	do {
		at = tcp_clock_even();
		rc = tcp_set_int(fd, IPPROTO_TCP, TCP_TIMESTAMP, at + offset);
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

int tcp_put_window(int fd, const struct crfs_fd_tcp *r, uint32_t rcv_seq)
{
	struct tcp_repair_window w = { r->snd_wl1, r->snd_wnd, r->max_window, r->rcv_wnd, r->rcv_wup };

	if (tcp_after(w.rcv_wup, rcv_seq)) {
		w.rcv_wnd += w.rcv_wup - rcv_seq;
		w.rcv_wup = rcv_seq;
	}
	return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &w, sizeof(w)) < 0 ? -errno : 0;
}

void tcp_nap(void)
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
		if (got <= 0 || (done < 0 && (errno != EAGAIN || ++waited > TCP_SEND_WAIT_MS)))
			rc = got < 0 ? (int)got : got ? -errno : -EIO;
		else if (done < 0)
			tcp_nap();
		else
			from += done, len -= done;
	}
	free(buf);
	return rc;
}

/* A part of the queue "send"; who wrote the last byte of what is urgent said so. */
int tcp_put_sent(int fd, const struct rtcp *t, off_t from, off_t len)
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
int tcp_connect_in_repair(struct rtcp *t, int fd)
{
	const struct crfs_fd_tcp *r = t->r;
	uint32_t snd = r->snd_seq - tcp_fin_out(r->state) - r->unsent - r->unacked;
	uint32_t rcv = r->rcv_seq - tcp_fin_in(r->state) - r->unread - tcp_zeros(t);
	int rc = repair_on(fd);

	if (!rc && bind(fd, &t->local.sa, tcp_addr_size(&t->local)) < 0)
		rc = -errno;
	if (!rc)
		rc = tcp_set_seq(fd, TCP_SEND_QUEUE, snd);
	if (!rc)
		rc = tcp_set_seq(fd, TCP_RECV_QUEUE, rcv);
	return rc ? rc : connect_again(fd, t);
}

int tcp_put_connection(struct restore *rs, struct rtcp *t)
{
	uint64_t room = 2 * ((uint64_t)t->r->unsent + t->r->unacked + t->r->unread) + 2 * t->r->rcvbuf + (1 << 20);
	int fd = t->o->fd, rc = tcp_connect_in_repair(t, fd);

	if (rc)
		return fail_on(rs->err, rc, t->o->path, "connecting %.*s port %u with %.*s port %u: who "
			       "has that connection?", t->r->addr.len, t->r->addr.p, t->r->port,
			       t->r->peer.len, t->r->peer.p, t->r->peer_port);
	rc = put_agreed(fd, t->r);
	if (rc)
		return fail_on(rs->err, rc, t->o->path, "TCP_REPAIR_OPTIONS");
	if (room > TCP_BUF_MAX)
		room = TCP_BUF_MAX;
	rc = tcp_set_buffers(fd, room, room);
	if (!rc)
		rc = tcp_put_received(fd, t);
	/* From now on a probe of its peer must find it full. */
	if (!rc && tcp_is_shut(t) && tcp_urgent_in(&t->urgent) < 0)
		rc = tcp_set_buffers(fd, room, t->r->rcvbuf);
	if (!rc)
		rc = tcp_set_int(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	if (!rc)
		rc = tcp_put_sent(fd, t, 0, t->r->unacked);
	if (!rc)
		rc = tcp_set_int(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_NO_QUEUE);
	if (!rc)
		rc = tcp_put_window(fd, t->r, tcp_received(t));
	return rc ? fail_on(rs->err, rc, t->o->path, "filling its queues") : 0;
}
