// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A connection that is established and in which nothing waits, read from the kernel's memory and from what sock_diag(7)
 * told of all, without repair mode: that takes a dozen calls and the guard (repair.c), for each of ten thousand.
 * As soon as anything is odd (bytes, urgent data, an error, keys, a half that is shut), it is asked the long way.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>

#include "sock_view.h"
#include "tcp.h"

#define FORCED 2	/* SK_FORCE_REUSE: in repair mode, since a crfs was killed */

static uint32_t u32(const struct sock_view *v, enum kmember m, bool *has)
{
	uint32_t n = 0;

	*has &= sock_view_get(v, m, 0, &n, sizeof(n));
	return n;
}

static bool is_quiet(const struct sock_view *v)
{
	uint8_t shut = 1, reuse = FORCED;
	uint16_t urgent = 1;
	uint32_t errors = 1;
	bool has = sock_view_get(v, K_SK_SHUTDOWN, 0, &shut, 1) && sock_view_get(v, K_TP_URG_DATA, 0, &urgent, 2) &&
		   sock_view_get(v, K_SKC_REUSE, 0, &reuse, 1) && v->k->at[K_QUEUE_LEN] >= 0 &&
		   sock_view_get(v, K_SK_ERRORS, v->k->at[K_QUEUE_LEN], &errors, 4);

	if (u32(v, K_SK_ERR, &has) || shut || urgent || errors || (reuse & 15) == FORCED)
		return false;
	return has && sock_view_none(v, K_ICSK_ULP) && (v->k->at[K_TP_AO] < 0 || sock_view_none(v, K_TP_AO));
}

static void from_end(union tcp_addr *a, int family, const struct tcp_end *e)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = family;
	a->in.sin_port = htons(e->port);
	if (family == AF_INET)
		memcpy(&a->in.sin_addr, e->addr + 12, 4);
	else
		memcpy(&a->in6.sin6_addr, e->addr, 16);
}

static bool has_scope(const struct tcp_end *e)
{
	return e->addr[0] == 0xfe && (e->addr[1] & 0xc0) == 0x80;
}

/* Its name is asked for when another one than the last comes. */
static bool algorithm(const struct sock_view *v, struct tcp_quick *q, int fd, char name[16])
{
	socklen_t len = 16;
	uint64_t at;

	if (!sock_view_get(v, K_ICSK_CA, 0, &at, sizeof(at)))
		return false;
	if (at != q->algorithm) {
		memset(q->name, 0, sizeof(q->name));
		if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, q->name, &len) < 0)
			return false;
		q->algorithm = at;
	}
	memcpy(name, q->name, 16);
	return true;
}

/* Its clock counts ktime_get(), which is ours but in a time namespace. */
static bool clock_of(const struct sock_view *v, struct tcp_quick *q, int fd, uint32_t *offset)
{
	bool has = true;
	uint32_t raw = u32(v, K_TP_TSOFFSET, &has), at;
	socklen_t len = sizeof(int);
	int now = 0;

	if (has && !q->clocked) {
		do {
			at = tcp_clock_even();
			if (getsockopt(fd, IPPROTO_TCP, TCP_TIMESTAMP, &now, &len) < 0)
				return false;
		} while (!tcp_clock_is(at));
		q->skew = (now & ~1U) - at - (raw & ~1U);
		q->clocked = true;
	}
	*offset = (raw & ~1U) + q->skew;
	return has;
}

bool tcp_quick_can(const struct tcp_conn *c)
{
	return c->state == CRFS_TCP_ESTABLISHED && !c->rqueue && !c->wqueue && !(c->agreed & 64) && !c->keyed;
}

bool tcp_quick_read(struct snap *s, const struct file *f, const struct tcp_conn *c, struct tcp_quick *q,
		    struct crfs_fd_tcp *r, char congestion[16])
{
	const struct sock_view *v = c && tcp_quick_can(c) && !(f->sock.domain == AF_INET6 && has_scope(&c->local)) ?
				    sock_view(s, f) : NULL;
	struct crfs_fd_tcp t = { .state = CRFS_TCP_ESTABLISHED, .family = f->sock.domain };
	union tcp_addr a;
	uint16_t mss = 0;
	uint8_t state = 0;
	bool has = true;

	if (!v || !sock_view_get(v, K_SKC_STATE, 0, &state, 1) || state != CRFS_TCP_ESTABLISHED || !is_quiet(v) ||
	    !algorithm(v, q, f->dup, congestion) || v->k->at[K_RX_MSS_CLAMP] < 0 ||
	    !sock_view_get(v, K_TP_RX_OPT, v->k->at[K_RX_MSS_CLAMP], &mss, 2))
		return false;
	t.snd_seq = u32(v, K_TP_WRITE_SEQ, &has);
	t.rcv_seq = u32(v, K_TP_RCV_NXT, &has);
	if (t.snd_seq != u32(v, K_TP_SND_UNA, &has) || t.rcv_seq != u32(v, K_TP_COPIED_SEQ, &has))
		return false;
	t.snd_wl1 = u32(v, K_TP_SND_WL1, &has);
	t.snd_wnd = u32(v, K_TP_SND_WND, &has);
	t.max_window = u32(v, K_TP_MAX_WINDOW, &has);
	t.rcv_wnd = u32(v, K_TP_RCV_WND, &has);
	t.rcv_wup = u32(v, K_TP_RCV_WUP, &has);
	t.mss = mss;
	t.sndbuf = u32(v, K_SK_SNDBUF, &has) & ~1U;
	t.rcvbuf = u32(v, K_SK_RCVBUF, &has) & ~1U;
	t.agreed = c->agreed & 7;
	t.snd_wscale = c->snd_wscale;
	t.rcv_wscale = c->rcv_wscale;
	if (!has || (t.agreed & TCPI_OPT_TIMESTAMPS && !clock_of(v, q, f->dup, &t.ts_offset)))
		return false;
	from_end(&a, t.family, &c->local);
	t.addr = tcp_addr_text(s, &a, &t.port, &t.scope);
	from_end(&a, t.family, &c->peer);
	t.peer = tcp_addr_text(s, &a, &t.peer_port, &t.peer_scope);
	*r = t;
	return true;
}
