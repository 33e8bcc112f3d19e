// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is known of TCP connections while files are read, once for all of them: the tables of connections of each
 * network namespace, who is at the other end of which, the guard against those outside, and the clocks of timestamps.
 * All that is on its way between two of the container is waited for.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fdroom.h"
#include "rooms.h"
#include "snap_files.h"
#include "sock_net.h"
#include "sockopt.h"
#include "sock_view.h"
#include "tcp_guard.h"
#include "tcp_look.h"

#define SYN_RECV 3	/* linux/tcp.h has only those that a socket is in */
#define SETTLE_MS 600		/* a full window is probed, and so filled, after 200 ms and twice that */
#define SETTLE_NAP_NS 2000000
#define TCP_LISTENS 10
#define BATCH 256

void tcp_end_of(const union tcp_addr *a, struct tcp_end *e)
{
	memset(e, 0, sizeof(*e));
	if (a->sa.sa_family == AF_INET6) {
		memcpy(e->addr, &a->in6.sin6_addr, 16);
		e->port = ntohs(a->in6.sin6_port);
		return;
	}
	e->addr[10] = e->addr[11] = 0xff;
	memcpy(e->addr + 12, &a->in.sin_addr, 4);
	e->port = ntohs(a->in.sin_port);
}

static uint32_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

bool tcp_clock_is(uint32_t at)
{
	return clock_ms() == at;
}

uint32_t tcp_clock_even(void)
{
	uint32_t now;

	do
		now = clock_ms();
	while (now & 1);
	return now;
}

static int by_ino(const void *a, const void *b)
{
	const ino_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool inside(const struct tcp_look *l, const struct tcp_conn *c)
{
	ino_t ino = c->ino;

	return ino && bsearch(&ino, l->inos, l->nr, sizeof(ino), by_ino);
}

/* A loopback device, or an address of one's own, does not lead to another namespace. */
static const struct tcp_conn *peer_across(const struct tcp_look *l, const struct tcp_there *at, const struct tcp_end *local,
					  const struct tcp_end *peer)
{
	const struct tcp_there *t;
	const struct tcp_conn *p = NULL;

	if (!l->nets || !l->nets->next || sock_net_go(l->s, at->net) || tcp_end_here(peer))
		return NULL;
	for (t = l->nets; t && !p; t = t->next)
		p = t != at ? tcp_table_find(&t->table, peer, local) : NULL;
	return p;
}

/* The other end of @c, which is in the namespace @at. */
const struct tcp_conn *tcp_peer_of(const struct tcp_look *l, const struct tcp_there *at, const struct tcp_conn *c)
{
	return tcp_table_find(&at->table, &c->peer, &c->local) ?: peer_across(l, at, &c->local, &c->peer);
}

/* That of the namespace that we are in. */
struct tcp_there *tcp_there(const struct snap *s, const struct tcp_look *l)
{
	struct tcp_there *t = l->nets;

	while (t && t->net != s->net)
		t = t->next;
	return t;
}

const struct tcp_conn *tcp_look_ino(const struct snap *s, const struct tcp_look *l, ino_t ino)
{
	const struct tcp_there *t = tcp_there(s, l);

	return t ? tcp_table_ino(&t->table, ino) : NULL;
}

static bool hears(const struct tcp_conn *listener, const struct tcp_conn *c)
{
	return listener->local.port == c->local.port &&
	       (tcp_end_any(&listener->local) || !memcmp(listener->local.addr, c->local.addr, 16));
}

/* Nobody has it: is it in a listener of the container? */
static bool is_heard(const struct tcp_look *l, const struct tcp_conn *c)
{
	const struct tcp_there *t;
	size_t i;

	if (c->ino)
		return false;
	for (t = l->nets; t && (c < t->table.conns || c >= t->table.conns + t->table.nr); t = t->next)
		;
	for (i = 0; t && i < t->table.nr_listen; i++) {
		const struct tcp_conn *m = t->table.listen[i];

		if (hears(m, c) && inside(l, m))
			return true;
	}
	return false;
}

/* Does it wait to be accepted there? */
static bool is_queued(const struct tcp_look *l, const struct tcp_conn *c)
{
	return (c->state == CRFS_TCP_ESTABLISHED || c->state == CRFS_TCP_CLOSE_WAIT) && is_heard(l, c);
}

enum tcp_who tcp_who(const struct tcp_look *l, const struct tcp_there *at, const struct tcp_conn *c)
{
	const struct tcp_conn *p = tcp_peer_of(l, at, c);

	if (p && inside(l, p))
		return PEER_INSIDE;
	if (p ? p->ino != 0 : sock_net_go(l->s, at->net) || !tcp_end_here(&c->peer))
		return PEER_OUTSIDE;
	if (p && is_queued(l, p))
		return PEER_QUEUED;
	if (p && p->state == SYN_RECV && is_heard(l, p))
		return PEER_SHAKES;
	if (p && (p->state == SYN_RECV || p->state == CRFS_TCP_ESTABLISHED || p->state == CRFS_TCP_CLOSE_WAIT))
		return PEER_WAITS;
	return p && p->wqueue > 1 ? PEER_SENDS : PEER_NOBODY;
}

static bool moves(const struct tcp_conn *c)
{
	return c->unacked || (c->unsent && c->snd_wnd);
}

/* What both sides of a connection in the container have sent has come. */
static bool settled(const struct tcp_look *l)
{
	const struct tcp_conn *c, *p;
	const struct tcp_there *t;
	size_t i;

	for (t = l->nets; t; t = t->next)
		for (i = 0; i < t->table.nr; i++) {
			c = &t->table.conns[i];
			p = inside(l, c) && tcp_connected(c->state) ? tcp_peer_of(l, t, c) : NULL;
			if (p && (inside(l, p) || !p->ino) && (moves(c) || moves(p)))
				return false;
		}
	return true;
}

static int take_tables(struct tcp_look *l)
{
	struct tcp_there *t;
	int rc = 0;

	for (t = l->nets; t && !rc; t = t->next)
		rc = sock_net_go(l->s, t->net) ?: tcp_table_take(&t->table);
	return rc;
}

static int settle(struct tcp_look *l, bool wait)
{
	struct timespec nap = { .tv_nsec = SETTLE_NAP_NS };
	uint32_t begin = clock_ms();
	int rc;

	for (;;) {
		rc = take_tables(l);
		if (rc || !wait || settled(l) || clock_ms() - begin > SETTLE_MS)
			return rc;
		nanosleep(&nap, NULL);
	}
}

/* A socket in a namespace that none of its tasks is in is met before its table is needed. */
static int list_nets(struct snap *s, struct tcp_look *l)
{
	struct tcp_there *t, **end = &l->nets;
	struct sock_net *n;
	int rc = sock_nets_meet(s);

	for (n = s->nets; n && !rc; n = n->next) {
		t = pool_alloc(&s->scratch, sizeof(*t));
		if (!t)
			return -ENOMEM;
		*t = (struct tcp_there){ .net = n };
		*end = t;
		end = &t->next;
	}
	return rc;
}

static int list_sockets(struct snap *s, struct tcp_look *l)
{
	size_t i;

	l->inos = malloc((s->nr_files + 1) * sizeof(*l->inos));
	if (!l->inos)
		return -ENOMEM;
	for (i = 0; i < s->nr_files; i++)
		if (S_ISSOCK(s->files[i]->st.st_mode))
			l->inos[l->nr++] = s->files[i]->st.st_ino;
	qsort(l->inos, l->nr, sizeof(*l->inos), by_ino);
	return 0;
}

static const struct tcp_conn *find_any(const struct tcp_look *l, ino_t ino)
{
	const struct tcp_conn *c = NULL;
	const struct tcp_there *t;

	for (t = l->nets; t && !c; t = t->next)
		c = tcp_table_ino(&t->table, ino);
	return c;
}

/* The offsets of @n sockets: in the ms that they are told in, time stands still. As many at a time as are told in one. */
void tcp_read_clocks(const int *fds, uint32_t *const *clocks, size_t n)
{
	size_t i, done = 0, part = n;
	uint32_t at;

	while (done < n) {
		part = part < n - done ? part : n - done;
		at = tcp_clock_even();
		for (i = done; i < done + part; i++)
			*clocks[i] = (sock_int(fds[i], IPPROTO_TCP, TCP_TIMESTAMP) & ~1U) - at;
		if (clock_ms() == at)
			done += part;
		else if (part > 1)
			part /= 2;
	}
}

static void read_and_close(const int *fds, uint32_t *const *clocks, size_t n)
{
	size_t i;

	tcp_read_clocks(fds, clocks, n);
	for (i = 0; i < n; i++)
		close(fds[i]);
}

/*
 * The kernel gives another meaning to the last bit of a timestamp, so that it is told exactly at even
 * moments only. Waiting for one is for many sockets at a time.
 */
static int read_clocks(struct snap *s, struct tcp_look *l)
{
	const bool quick = sock_view_can(s);
	const struct tcp_conn *c;
	uint32_t *clocks[BATCH];
	int fds[BATCH], fd;
	size_t i, n = 0;

	l->clocks = calloc(s->nr_files + 1, sizeof(*l->clocks));
	if (!l->clocks)
		return -ENOMEM;
	l->nr_clocks = s->nr_files + 1;
	for (i = 0; i < s->nr_files; i++) {
		struct file *f = s->files[i];

		c = S_ISSOCK(f->st.st_mode) ? find_any(l, f->st.st_ino) : NULL;
		fd = c && !(quick && tcp_quick_can(c)) ? files_getfd(s, f->task, f->fd) : -1;
		if (fd < 0)
			continue;
		clocks[n] = &l->clocks[f->id];
		fds[n++] = fd;
		if (n == BATCH) {
			read_and_close(fds, clocks, n);
			n = 0;
		}
	}
	if (n)
		read_and_close(fds, clocks, n);
	return 0;
}

/* What of the outside must be kept away: packets of connections, and calls to who listens. */
static bool is_guarded(const struct tcp_look *l, const struct tcp_there *at, const struct tcp_conn *c)
{
	if (!inside(l, c))
		return is_queued(l, c) && tcp_who(l, at, c) >= PEER_WAITS;
	return c->state == TCP_LISTENS || (tcp_connected(c->state) && tcp_who(l, at, c) >= PEER_WAITS);
}

static int guard_there(struct snap *s, struct tcp_look *l, const struct tcp_there *t)
{
	struct tcp_conn *out = malloc((t->table.nr + 1) * sizeof(*out));
	size_t n = 0, i;
	int rc = out ? 0 : -ENOMEM;

	for (i = 0; out && i < t->table.nr; i++) {
		const struct tcp_conn *c = &t->table.conns[i];

		if (is_guarded(l, t, c))
			out[n++] = *c;
	}
	if (n && !rc)
		rc = sock_net_go(s, t->net) ?: tcp_guard(s->cg, out, n, &l->err);
	free(out);
	return rc;
}

/* Before anything is read, so that nothing comes any more that is not read. */
static int guard(struct snap *s, struct tcp_look *l)
{
	const struct tcp_there *t;
	int rc = take_tables(l);

	for (t = l->nets; t && !rc; t = t->next)
		rc = guard_there(s, l, t);
	return rc;
}

int tcp_look_guard(struct snap *s, struct err *e)
{
	struct tcp_look l = { .s = s };
	int rc = list_sockets(s, &l) ?: list_nets(s, &l) ?: guard(s, &l);
	struct tcp_there *t;

	for (t = l.nets; t; t = t->next)
		tcp_table_free(&t->table);
	free(l.inos);
	if (rc)
		return fail(e, rc, "%s", l.err.code ? l.err.text : "sock_diag of TCP sockets: modprobe tcp_diag");
	return 0;
}

/* Everything of all networks, and back to where the socket is that is read. */
static int look_at_all(struct snap *s, struct tcp_look *l)
{
	struct sock_net *here = s->net;
	int rc = list_sockets(s, l) ?: list_nets(s, l), back;

	if (!rc && !s->live && s->opts->tcp == TCP_OUTSIDE_GUARD)
		rc = guard(s, l);
	if (!rc)
		rc = settle(l, !s->live);
	back = sock_net_go(s, here);
	return rc ?: back;
}

/* Once for all sockets, when the first that is connected is read. */
struct tcp_look *tcp_look(struct snap *s)
{
	struct tcp_look *l = s->tcp;

	if (l)
		return l;
	l = s->tcp = pool_alloc(&s->scratch, sizeof(*l));
	if (!l)
		return NULL;
	l->s = s;
	l->guard.fd = -1;
	l->rc = look_at_all(s, l);
	sock_view_forget(s);	/* of before that */
	if (!l->rc && !s->live)
		l->rc = read_clocks(s, l);
	if (!l->rc && !s->live)
		l->rc = repair_start(&l->guard, &l->err);
	return l;
}

void tcp_done(struct snap *s)
{
	struct tcp_there *t;

	if (!s->tcp)
		return;
	tcp_compare(s->tcp);
	repair_stop(&s->tcp->guard);
	for (t = s->tcp->nets; t; t = t->next)
		tcp_table_free(&t->table);
	free(s->tcp->inos);
	free(s->tcp->clocks);
	free(s->tcp->told);
	s->tcp = NULL;
}

struct kmem *tcp_kmem(struct snap *s, int *rc)
{
	struct tcp_look *l = tcp_look(s);

	*rc = l ? l->rc : -ENOMEM;
	return *rc ? NULL : snap_kmem(s, rc);
}

const struct tcp_conn *tcp_queued(struct snap *s, const struct tcp_end *local, const struct tcp_end *peer,
				  bool *is_inside)
{
	struct tcp_look *l = tcp_look(s);
	const struct tcp_there *t = l && !l->rc ? tcp_there(s, l) : NULL;
	const struct tcp_conn *c = t ? tcp_table_find(&t->table, local, peer) : NULL;
	const struct tcp_conn *p = t ? tcp_table_find(&t->table, peer, local) ?: peer_across(l, t, local, peer) : NULL;

	/* Who is closed and has no more to send is nobody. */
	*is_inside = (p && inside(l, p)) || (p ? !p->ino && p->wqueue <= 1 : l && tcp_end_here(peer));
	return c;
}

/* Where a listener waits for data, its callers have had their answer, and take their connection for one. */
unsigned int tcp_deferred(struct snap *s, const struct file *f)
{
	struct tcp_look *l = s->live ? NULL : tcp_look(s);
	const struct tcp_there *t = l && !l->rc ? tcp_there(s, l) : NULL;
	const struct tcp_conn *m = t ? tcp_table_ino(&t->table, f->st.st_ino) : NULL, *c, *p;
	unsigned int n = 0;
	size_t i;

	for (i = 0; m && i < t->table.nr; i++) {
		c = &t->table.conns[i];
		if (c->state != SYN_RECV || c->ino || !hears(m, c))
			continue;
		p = tcp_peer_of(l, t, c);
		n += p ? p->ino && !inside(l, p) : sock_net_go(s, t->net) || !tcp_end_here(&c->peer);
	}
	return n;
}
