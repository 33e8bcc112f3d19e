// SPDX-License-Identifier: GPL-2.0-or-later
/* The TCP connections of this network, from sock_diag(7); and the end of those nobody has. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tcp_table.h"

#define ANSWER (64 << 10)
#define TIME_WAIT 6
#define LISTEN 10

/** struct ask - a request to sock_diag */
struct ask {
	struct nlmsghdr h;
	struct inet_diag_req_v2 r;
};

static void end_of(struct tcp_end *e, int family, const __be32 *addr, __be16 port)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	e->port = ntohs(port);
	if (family == AF_INET6) {
		memcpy(e->addr, addr, 16);
		return;
	}
	memcpy(e->addr, mapped, 12);
	memcpy(e->addr + 12, addr, 4);
}

static int order_ends(const struct tcp_end *a, const struct tcp_end *b)
{
	int c = memcmp(a->addr, b->addr, 16);

	return c ? c : (int)a->port - (int)b->port;
}

static int order(const void *a, const void *b)
{
	const struct tcp_conn *x = a, *y = b;
	int c = order_ends(&x->local, &y->local);

	return c ? c : order_ends(&x->peer, &y->peer);
}

static int order_ino(const void *a, const void *b)
{
	const struct tcp_conn *x = *(struct tcp_conn *const *)a, *y = *(struct tcp_conn *const *)b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void note_info(struct tcp_conn *c, const struct rtattr *a)
{
	struct tcp_info i = { .tcpi_state = 0 };
	size_t n = RTA_PAYLOAD(a);

	memcpy(&i, RTA_DATA(a), n < sizeof(i) ? n : sizeof(i));
	c->unacked = i.tcpi_unacked;
	c->unsent = i.tcpi_notsent_bytes;
	c->snd_wnd = i.tcpi_snd_wnd;
	c->agreed = i.tcpi_options;
	c->snd_wscale = i.tcpi_snd_wscale;
	c->rcv_wscale = i.tcpi_rcv_wscale;
}

static int add(struct tcp_table *t, const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	int len = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m));
	struct rtattr *a;
	struct tcp_conn *c;

	if (len < 0)
		return -EBADMSG;
	if (t->nr == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 256;

		c = realloc(t->conns, cap * sizeof(*c));
		if (!c)
			return -ENOMEM;
		t->conns = c;
		t->cap = cap;
	}
	c = &t->conns[t->nr++];
	*c = (struct tcp_conn){ .ino = m->idiag_inode, .state = m->idiag_state,
				.rqueue = m->idiag_rqueue, .wqueue = m->idiag_wqueue };
	end_of(&c->local, m->idiag_family, m->id.idiag_src, m->id.idiag_sport);
	end_of(&c->peer, m->idiag_family, m->id.idiag_dst, m->id.idiag_dport);
	for (a = (void *)(m + 1); RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type == INET_DIAG_INFO)
			note_info(c, a);
		c->keyed |= a->rta_type == INET_DIAG_MD5SIG;
		c->v6only |= a->rta_type == INET_DIAG_SKV6ONLY && *(uint8_t *)RTA_DATA(a);
	}
	return 0;
}

/* The last message of a list says, too, what went wrong: that there is no tcp_diag, for one. */
static int last(const struct nlmsghdr *h)
{
	int error = 0;

	if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
		memcpy(&error, NLMSG_DATA(h), sizeof(error));
	return error < 0 ? error : 1;
}

/* One message of the answer. Return: 1 it was the last, 0, or a negative errno */
static int hear(struct tcp_table *t, const struct nlmsghdr *h)
{
	if (h->nlmsg_type == NLMSG_DONE)
		return last(h);
	if (h->nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)NLMSG_DATA(h))->error ?: 1;
	return add(t, h);
}

static int dump(struct tcp_table *t, int nl, int family, char *buf)
{
	struct ask q = {
		.h = { sizeof(q), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 0, 0 },
		.r = { .sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0U,
		       .idiag_ext = 1 << (INET_DIAG_INFO - 1) },
	};
	struct nlmsghdr *h;
	ssize_t n;
	int rc = 0;

	if (send(nl, &q, sizeof(q), 0) < 0)
		return -errno;
	while (!rc) {
		n = recv(nl, buf, ANSWER, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		for (h = (void *)buf; !rc && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
			rc = hear(t, h);
	}
	return rc < 0 ? rc : 0;
}

static int diag_socket(void)
{
	struct timeval wait = { .tv_sec = 5 };
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (nl >= 0)
		setsockopt(nl, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	return nl < 0 ? -errno : nl;
}

int tcp_table_take(struct tcp_table *t)
{
	char *buf = malloc(ANSWER);
	int nl = diag_socket(), rc = nl < 0 ? nl : buf ? 0 : -ENOMEM;
	size_t i;

	t->nr = t->nr_listen = 0;
	if (!rc)
		rc = dump(t, nl, AF_INET, buf);
	/* Without IPv6 that is an empty answer: -ENOENT says of either that there is no tcp_diag (or inet_diag). */
	if (!rc)
		rc = dump(t, nl, AF_INET6, buf);
	free(t->by_ino);
	t->by_ino = rc ? NULL : malloc((2 * t->nr + 1) * sizeof(*t->by_ino));
	if (!rc && !t->by_ino)
		rc = -ENOMEM;
	if (!rc) {
		qsort(t->conns, t->nr, sizeof(*t->conns), order);
		t->listen = t->by_ino + t->nr;
		for (i = 0; i < t->nr; i++) {
			t->by_ino[i] = &t->conns[i];
			if (t->conns[i].state == LISTEN)
				t->listen[t->nr_listen++] = &t->conns[i];
		}
		qsort(t->by_ino, t->nr, sizeof(*t->by_ino), order_ino);
	}
	free(buf);
	if (nl >= 0)
		close(nl);
	return rc;
}

void tcp_table_free(struct tcp_table *t)
{
	free(t->conns);
	free(t->by_ino);
	*t = (struct tcp_table){ .nr = 0 };
}

const struct tcp_conn *tcp_table_ino(const struct tcp_table *t, ino_t ino)
{
	struct tcp_conn key = { .ino = ino }, *k = &key, **found;

	if (!t->nr)
		return NULL;
	found = bsearch(&k, t->by_ino, t->nr, sizeof(k), order_ino);
	return found ? *found : NULL;
}

const struct tcp_conn *tcp_table_find(const struct tcp_table *t, const struct tcp_end *local,
				      const struct tcp_end *peer)
{
	struct tcp_conn key = { .local = *local, .peer = *peer };

	return t->nr ? bsearch(&key, t->conns, t->nr, sizeof(key), order) : NULL;
}

/* SOCK_DESTROY of the socket @m tells of. */
static int destroy(int nl, const struct inet_diag_msg *m)
{
	struct {
		struct ask q;
		char answer[1024] __attribute__((aligned(8)));
	} x = {
		.q = { .h = { sizeof(x.q), SOCK_DESTROY, NLM_F_REQUEST | NLM_F_ACK, 0, 0 },
		       .r = { .sdiag_family = m->idiag_family, .sdiag_protocol = IPPROTO_TCP,
			      .id = m->id } },
	};
	struct nlmsghdr *h = (void *)x.answer;
	ssize_t n;

	if (send(nl, &x.q, sizeof(x.q), 0) < 0)
		return -errno;
	n = recv(nl, x.answer, sizeof(x.answer), 0);
	if (n < 0 || !NLMSG_OK(h, n) || h->nlmsg_type != NLMSG_ERROR)
		return n < 0 ? -errno : -EIO;
	return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
}

/* Asks for the one socket with these ends; its answer is in @buf. Return: 0 or a negative errno */
static int ask_one(int nl, const struct tcp_end *local, const struct tcp_end *peer, bool v4,
		   char *buf, size_t size)
{
	struct ask q = {
		.h = { sizeof(q), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0 },
		.r = { .sdiag_family = v4 ? AF_INET : AF_INET6, .sdiag_protocol = IPPROTO_TCP,
		       .idiag_states = ~0U, .idiag_ext = 1 << (INET_DIAG_INFO - 1),
		       .id = { .idiag_sport = htons(local->port), .idiag_dport = htons(peer->port),
			       .idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } } },
	};
	struct nlmsghdr *h = (void *)buf;
	int skip = v4 ? 12 : 0;
	ssize_t n;

	memcpy(q.r.id.idiag_src, local->addr + skip, 16 - skip);
	memcpy(q.r.id.idiag_dst, peer->addr + skip, 16 - skip);
	if (send(nl, &q, sizeof(q), 0) < 0)
		return -errno;
	n = recv(nl, buf, size, 0);
	if (n < 0 || !NLMSG_OK(h, n))
		return n < 0 ? -errno : -EIO;
	return h->nlmsg_type == NLMSG_ERROR ? ((struct nlmsgerr *)NLMSG_DATA(h))->error : 0;
}

int tcp_end_ask(const struct tcp_end *local, const struct tcp_end *peer, struct tcp_conn *c)
{
	char buf[4096] __attribute__((aligned(8)));
	struct tcp_table t = { .nr = 0 };
	int nl = diag_socket(), rc;

	if (nl < 0)
		return nl;
	rc = ask_one(nl, local, peer, tcp_end_v4(local), buf, sizeof(buf));
	close(nl);
	if (!rc)
		rc = add(&t, (struct nlmsghdr *)buf);
	if (!rc && t.conns[0].peer.port != peer->port)
		rc = -ENOENT;
	if (!rc)
		*c = t.conns[0];
	tcp_table_free(&t);
	return rc;
}

int tcp_end_remains(const struct tcp_end *local, const struct tcp_end *peer)
{
	char buf[4096] __attribute__((aligned(8)));
	const struct inet_diag_msg *m = NLMSG_DATA((struct nlmsghdr *)buf);
	bool v4 = tcp_end_v4(local);
	int nl = diag_socket(), rc;

	if (nl < 0)
		return nl;
	rc = ask_one(nl, local, peer, v4, buf, sizeof(buf));
	/* A listener is found too, if nothing else is: then there is nothing to take away. */
	if (rc == -ENOENT || (!rc && m->id.idiag_dport != htons(peer->port)))
		rc = 0;
	else if (!rc)
		rc = m->idiag_inode && m->idiag_state != TIME_WAIT ? -EADDRINUSE : destroy(nl, m);
	close(nl);
	return rc;
}

int tcp_end_abort(const struct tcp_end *local, const struct tcp_end *peer)
{
	char buf[4096] __attribute__((aligned(8)));
	const struct inet_diag_msg *m = NLMSG_DATA((struct nlmsghdr *)buf);
	int nl = diag_socket(), rc;

	if (nl < 0)
		return nl;
	rc = ask_one(nl, local, peer, tcp_end_v4(local), buf, sizeof(buf));
	if (!rc)
		rc = m->id.idiag_dport == htons(peer->port) ? destroy(nl, m) : -ENOENT;
	close(nl);
	return rc;
}

int tcp_end_waits(uint16_t port)
{
	struct tcp_table t = { .nr = 0 };
	int rc = tcp_table_take(&t);
	size_t i;

	for (i = 0; i < t.nr && !rc; i++)
		if (t.conns[i].state == TIME_WAIT && t.conns[i].local.port == port)
			rc = tcp_end_remains(&t.conns[i].local, &t.conns[i].peer);
	tcp_table_free(&t);
	return rc;
}

/* Would a packet to it stay here? */
static int route_type(int nl, const struct tcp_end *e)
{
	int skip = tcp_end_v4(e) ? 12 : 0, size = 16 - skip;
	struct {
		struct nlmsghdr h;
		struct rtmsg r;
		struct rtattr a;
		uint8_t addr[16];
	} q = {
		.h = { NLMSG_LENGTH(sizeof(q.r)) + RTA_LENGTH(size), RTM_GETROUTE, NLM_F_REQUEST, 0, 0 },
		.r = { .rtm_family = skip ? AF_INET : AF_INET6, .rtm_dst_len = 8 * size },
		.a = { RTA_LENGTH(size), RTA_DST },
	};
	char buf[4096] __attribute__((aligned(8)));
	struct nlmsghdr *h = (void *)buf;
	ssize_t n;

	memcpy(q.addr, e->addr + skip, size);
	if (send(nl, &q, q.h.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(nl, buf, sizeof(buf), 0);
	if (n < 0 || !NLMSG_OK(h, n))
		return n < 0 ? -errno : -EIO;
	return h->nlmsg_type == RTM_NEWROUTE ? ((struct rtmsg *)NLMSG_DATA(h))->rtm_type : -ENETUNREACH;
}

bool tcp_end_here(const struct tcp_end *e)
{
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), type;

	if (nl < 0)
		return false;
	type = route_type(nl, e);
	close(nl);
	return type == RTN_LOCAL;
}
