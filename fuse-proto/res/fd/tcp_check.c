// SPDX-License-Identifier: GPL-2.0-or-later
/* TCP sockets of a tree: what the kernel would refuse, what no connection is like, and whether both ends agree. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/inode/tcp_queue.h>

#include "fdroom.h"
#include "res/inode/tcp_queue.h"
#include "res/ns/net_links.h"
#include "rooms.h"
#include "sock_net.h"
#include "sockopt.h"
#include "tcp_put.h"

#define MSS_MIN 48

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
	if (tcp_after(r->snd_wl1, r->rcv_seq + r->rcv_wnd) || tcp_after(r->rcv_wup, r->rcv_seq))
		return "snd_wl1 or rcv_wup is ahead of rcv_seq";
	if (r->sndbuf > TCP_BUF_MAX || r->rcvbuf > TCP_BUF_MAX)
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

struct rtcp *rtcp_of(const struct iobj *o)
{
	return o->room == &res_fd_tcp ? o->priv : NULL;
}

int rtcp_order(const void *a, const void *b)
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

	if (p && (tcp_after(p->r->rcv_seq, nxt) || tcp_after(una - fin, p->r->rcv_seq)))
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

	p = bsearch(&k, all, n, sizeof(*all),  rtcp_order);
	t->pair = p ? *p : NULL;
	if (t->pair || is_loopback(&t->lend))
		return;
	key.net = 0;
	while (from < to) {
		mid = (from + to) / 2;
		if (rtcp_order(&all[mid], &k) < 0)
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
		t = rtcp_of(&im->objs[IOBJ_FILE][i]);
		if (t && tcp_connected(t->r->state))
			all[n++] = t;
	}
	if (!n)
		return;
	qsort(all, n, sizeof(*all),  rtcp_order);
	for (i = 1; i < n; i++)
		if (!rtcp_order(&all[i - 1], &all[i]))
			image_mismatch(im, -EINVAL, all[i]->o->path, "it is the same connection as %s",
				       all[i - 1]->o->path);
	for (i = 0; i < n; i++)
		find_pair(all, n, all[i]);
	for (i = 0; i < n; i++)
		check_pair(im, all[i]);
}

bool tcp_is_last(const struct image *im, const struct iobj *o)
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
	static const char *const beside[] = { CRFS_URGENT_WAITS, CRFS_URGENT_TAKEN, CRFS_URGENT_SENT, CRFS_SO_ERROR,
		CRFS_CONNECT_ERROR, CRFS_SOCK_UID, CRFS_SOCK_GID, NULL };
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
	tcp_error_take(o, &t->error);
	why = wrong(r) ?: tcp_urgent_wrong(r, &t->urgent) ?: tcp_error_wrong(r, tcp_end_v4(&t->lend), &t->error);
	if (why)
		image_mismatch(im, -EINVAL, o->path, "%s: copy the checkpoint again", why);
	check_queue(im, o, t);
	sockopts_check_beside(im, o, TCP_OPTIONS, beside);
	if (tcp_is_last(im, o))
		check_all(im);
}
