// SPDX-License-Identifier: GPL-2.0-only
/*
 * The container's unix sockets, seen together.
 *
 * A socket that was met may have others in its queue, and those again, until nothing new is found; a cycle ends
 * where it meets itself. They are numbered as fuse-proto/unix_scan.c numbers them.
 */
#include <linux/bsearch.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <net/af_unix.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "internal.h"
#include "res/fd/sock.h"
#include "res/fd/unix_scan.h"

/** struct unixes - all; @by_sk: sorted, when all were found */
struct unixes {
	struct usock **by_sk;
	size_t n, cap;
};

static int by_sk(const void *a, const void *b)
{
	const struct usock *x = *(struct usock *const *)a, *y = *(struct usock *const *)b;

	return x->sk < y->sk ? -1 : x->sk > y->sk;
}

static struct usock *find(const struct unixes *all, struct sock *sk)
{
	struct usock key = { .sk = sk }, *k = &key, **found;

	found = all->n ? bsearch(&k, all->by_sk, all->n, sizeof(k), by_sk) : NULL;
	return found ? *found : NULL;
}

/* Whom it is connected to: told by where that lies, and it may be gone as soon as nobody holds it. */
static void look_at_peer(struct usock *u)
{
	struct sock *peer = unix_peer_get(u->sk);

	u->shutdown = READ_ONCE(u->sk->sk_shutdown);
	if (!peer)
		return;
	u->has_peer = true;
	u->peer_ino = sock_i_ino(peer);
	u->peer_sk = peer;
	sock_put(peer);
}

static struct usock *add(struct snap *s, struct unixes *all, struct cfile *f, struct sock *sk)
{
	struct usock **list = snap_grow(s, all->by_sk, all->n, &all->cap, sizeof(*list));
	struct usock *u = list ? snap_alloc(s, sizeof(*u)) : NULL;

	if (!u)
		return NULL;
	all->by_sk = list;
	all->by_sk[all->n++] = u;
	*u = (struct usock){ .f = f, .sk = sk, .type = sk->sk_type, .data = snap_text(s),
			     .urgent_at = -1 };
	u->last = &u->first;
	u->last_closed = &u->closed;
	u->listens = READ_ONCE(sk->sk_state) == TCP_LISTEN;
	look_at_peer(u);
	return u->data ? u : NULL;
}

/* Is there anything to be looked into? As fuse-proto/unix_scan.c asks poll(2) and FIONREAD. */
static bool has_queue(struct snap *s, struct usock *u)
{
	if (u->listens)
		return false;
	u->reset = READ_ONCE(u->sk->sk_err);
#if IS_ENABLED(CONFIG_AF_UNIX_OOB)
	u->urgent = u->type == SOCK_STREAM && READ_ONCE(unix_sk(u->sk)->oob_skb);
#endif
	if (u->reset && u->type != SOCK_STREAM && unix_inq_len(u->sk) > 0)
		snap_unsupported(s, -EBUSY, file_obj(s, u->f),
				 "an error waits in it before what it has received: let the program read it");
	return u->type == SOCK_STREAM ? !u->urgent : !u->reset;
}

static void count_fds(struct snap *s, const struct usock *u)
{
	int n = atomic_read(&unix_sk(u->sk)->scm_stat.nr_fds);

	if (n)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, u->f),
				 "%d descriptors wait in it, of which 0 can be seen: let the program receive them", n);
}

static int look_at_urgent(struct snap *s, struct usock *u)
{
	const int rc = unix_queue_take(s, u, u->sk, false);

	if (!rc && u->urgent_at >= 0)
		return 0;
	u->first = NULL;
	u->urgent_at = -1;
	if (rc == -ENOMEM || rc == -EINTR)
		return rc;
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, u->f),
			 "urgent data (MSG_OOB) waits in it: let the program read it");
	count_fds(s, u);
	return 0;
}

static int look_at(struct snap *s, struct unixes *all, struct cfile *f)
{
	struct sock *sk = file_sock(f, AF_UNIX);
	struct usock *u = sk ? add(s, all, f, sk) : NULL;

	if (!u)
		return sk ? -ENOMEM : 0;
	if (has_queue(s, u))
		return unix_queue_take(s, u, sk, false);
	if (u->urgent)
		return look_at_urgent(s, u);
	if (!u->listens)
		count_fds(s, u);
	return 0;
}

static int add_closed(struct snap *s, struct usock *l, struct sock *embryo, unsigned int place)
{
	struct uclosed *c = snap_alloc(s, sizeof(*c));
	struct usock *u = c ? snap_alloc(s, sizeof(*u)) : NULL;

	if (!u)
		return -ENOMEM;
	*u = (struct usock){ .f = l->f, .sk = embryo, .type = l->type, .data = snap_text(s), .urgent_at = -1 };
	u->last = &u->first;
	*c = (struct uclosed){ .place = place, .u = u };
	*l->last_closed = c;
	l->last_closed = &c->next;
	return u->data ? 0 : -ENOMEM;
}

/* The other end of a connection that waits to be accepted is nobody's yet; the listener knows ours. */
static int find_waiting(struct snap *s, struct unixes *all, struct usock *l, struct sock *embryo, unsigned int place)
{
	struct sock *peer = unix_peer_get(embryo);
	const unsigned long ino = peer ? sock_i_ino(peer) : 0;
	struct usock *u = ino ? find(all, peer) : NULL;

	if (peer)
		sock_put(peer);
	if (u) {
		u->listener = l;
		u->place = place;
		return 0;
	}
	if (!ino)
		return add_closed(s, l, embryo, place);
	snap_unsupported(s, -EXDEV, file_obj(s, l->f),
			 "a connection waits to be accepted that comes from outside the container, from socket:[%lu]: let the program accept it, or end that",
			 ino);
	return 0;
}

static int find_all_waiting(struct snap *s, struct unixes *all, struct usock *l)
{
	struct sk_buff **v;
	size_t n, i;
	int rc = hold_queue(s, &l->sk->sk_receive_queue, &v, &n);

	for (i = 0; i < n && !rc; i++)
		if (v[i]->sk)
			rc = find_waiting(s, all, l, v[i]->sk, i + 1);
	let_go(v, n);
	return rc;
}

static int by_ino(const void *a, const void *b)
{
	const struct usock *x = *(struct usock *const *)a, *y = *(struct usock *const *)b;

	return x->f->st.ino < y->f->st.ino ? -1 : x->f->st.ino > y->f->st.ino;
}

/* What is named in the order of the other implementation stands in that of inode numbers. */
static int relate(struct snap *s, struct unixes *all, struct usock **order)
{
	size_t i;
	int rc = 0;

	memcpy(order, all->by_sk, all->n * sizeof(*order));
	sort(order, all->n, sizeof(*order), by_ino, NULL);
	sort(all->by_sk, all->n, sizeof(*all->by_sk), by_sk, NULL);
	for (i = 0; i < all->n && !rc; i++)
		if (order[i]->listens)
			rc = find_all_waiting(s, all, order[i]);
		else if (order[i]->has_peer && order[i]->peer_ino)
			order[i]->peer = find(all, order[i]->peer_sk);
	return rc;
}

/* What was sent into a connection that waits. Return: 0, also if it cannot be seen (@u->unseen), or -ENOMEM or -EINTR */
static int look_into_it(struct snap *s, struct usock *u, struct sock *embryo)
{
#if IS_ENABLED(CONFIG_AF_UNIX_OOB)
	u->unseen = READ_ONCE(unix_sk(embryo)->oob_skb) ? -EOPNOTSUPP : 0;
#endif
	if (!u->unseen)
		u->unseen = unix_queue_take(s, u, embryo, true);
	if (u->unseen)
		u->first = NULL;
	return u->unseen == -ENOMEM || u->unseen == -EINTR ? u->unseen : 0;
}

static int look_into(struct snap *s, struct usock *u)
{
	struct sock *embryo = unix_outq_len(u->sk) > 0 ? unix_peer_get(u->sk) : NULL;
	int rc = embryo ? look_into_it(s, u, embryo) : 0;

	if (embryo)
		sock_put(embryo);
	return rc;
}

static int look_into_closed(struct snap *s, struct usock *l)
{
	struct uclosed *c;
	struct sk_buff **v;
	size_t n;
	int rc = hold_queue(s, &l->sk->sk_receive_queue, &v, &n);

	for (c = l->closed; c && !rc && !l->unseen; c = c->next) {
		if (c->place > n || v[c->place - 1]->sk != c->u->sk)
			l->unseen = -ESTALE;
		else
			rc = look_into_it(s, c->u, c->u->sk);
		l->unseen = l->unseen ?: c->u->unseen;
	}
	let_go(v, n);
	if (rc || !l->unseen)
		return rc;
	snap_unsupported(s, -EAGAIN, file_obj(s, l->f), l->unseen == -ENXIO ?
			 "descriptors that nobody else has were sent into a connection that waits to be accepted and was closed: let the program accept it, and freeze again" :
			 "a connection waits to be accepted whose other end was closed, and this kernel does not show it: let the program accept it, and freeze again");
	return 0;
}

int unix_scan(struct snap *s)
{
	struct unixes *all = snap_alloc(s, sizeof(*all));
	struct usock **order;
	size_t i;
	int rc = all ? 0 : -ENOMEM;

	if (rc)
		return rc;
	*all = (struct unixes){ .n = 0 };
	s->unixes = all;
	for (i = 0; i < s->nr_files && !rc; i++)
		rc = look_at(s, all, s->files[i]);
	if (rc || !all->n)
		return rc;
	order = snap_alloc(s, all->n * sizeof(*order));
	rc = order ? relate(s, all, order) : -ENOMEM;
	for (i = 0; i < all->n && !rc; i++)
		if (order[i]->listener)
			rc = look_into(s, order[i]);
		else if (order[i]->closed)
			rc = look_into_closed(s, order[i]);
	return rc;
}

struct usock *unix_sock_of(const struct snap *s, const struct cfile *f)
{
	return s->unixes ? find(s->unixes, sock_from_file(f->file)->sk) : NULL;
}
