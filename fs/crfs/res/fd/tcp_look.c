// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP connections: who is at the other end.
 *
 * A socket is inside if the container has a description of it. The other end of a connection is looked up among all
 * that the network has, as sock_diag(7) would find it: also such as nobody has any more, or not yet. It may be in another
 * network namespace of the container's.
 */
#include <linux/bsearch.h>
#include <linux/delay.h>
#include <linux/inetdevice.h>
#include <linux/jiffies.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/sort.h>
#include <net/addrconf.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/inet_timewait_sock.h>
#include <net/ipv6.h>
#include <net/mptcp.h>
#include <net/route.h>
#include <net/tcp.h>

#include "res/fd/sock.h"
#include "res/fd/sock_net.h"
#include "res/fd/tcp_look.h"

#define SETTLE_MS 600	/* as in fuse-proto/res/fd/tcp.c */
#define SETTLE_NAP_US 2000

static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool is_v4(const struct tcp_end *e)
{
	return !memcmp(e->addr, mapped, sizeof(mapped));
}

static __be32 v4_of(const struct tcp_end *e)
{
	__be32 addr;

	memcpy(&addr, e->addr + sizeof(mapped), sizeof(addr));
	return addr;
}

static bool is_any(const struct tcp_end *e)
{
	return is_v4(e) ? !v4_of(e) : ipv6_addr_any((const struct in6_addr *)e->addr);
}

void tcp_end_of(const struct sock *sk, bool peer, struct tcp_end *e)
{
	e->port = peer ? ntohs(sk->sk_dport) : sk->sk_num;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		memcpy(e->addr, peer ? &sk->sk_v6_daddr : &sk->sk_v6_rcv_saddr, sizeof(e->addr));
		return;
	}
#endif
	memcpy(e->addr, mapped, sizeof(mapped));
	memcpy(e->addr + sizeof(mapped), peer ? &sk->sk_daddr : &sk->sk_rcv_saddr, 4);
}

/** struct tcp_known - @inside: sockets of the container, @nr of them, sorted by where they lie; @unguarded: of all */
struct tcp_known {
	const struct sock **inside;
	size_t nr;
	struct tcp_unguarded unguarded;
};

static int by_place(const void *a, const void *b)
{
	const struct sock *x = *(const struct sock *const *)a, *y = *(const struct sock *const *)b;

	return x < y ? -1 : x > y;
}

static bool is_inside(const struct snap *s, const struct sock *sk)
{
	const struct tcp_known *k = s->tcp;

	return k->nr && bsearch(&sk, k->inside, k->nr, sizeof(sk), by_place);
}

/* ---- the table of connections ---- */

/* What a packet to @local from @peer is looked up by. */
struct ends {
	const struct net *net;
	bool v4;
	__portpair ports;
	unsigned int hash;
	const struct tcp_end *local, *peer;
};

static struct ends ends_of(const struct net *net, const struct tcp_end *local, const struct tcp_end *peer)
{
	struct ends k = {
		.net = net, .v4 = is_v4(local), .local = local, .peer = peer,
		.ports = INET_COMBINED_PORTS(htons(peer->port), local->port),
	};

	if (k.v4)
		k.hash = inet_ehashfn(net, v4_of(local), local->port, v4_of(peer), htons(peer->port));
#if IS_ENABLED(CONFIG_IPV6)
	else
		k.hash = inet6_ehashfn(net, (const struct in6_addr *)local->addr, local->port,
				       (const struct in6_addr *)peer->addr, htons(peer->port));
#endif
	return k;
}

static bool is_it(const struct sock *sk, const struct ends *k)
{
	if (sk->sk_hash != k->hash || sk->sk_portpair != k->ports || !net_eq(sock_net(sk), k->net))
		return false;
	if (k->v4)
		return sk->sk_daddr == v4_of(k->peer) && sk->sk_rcv_saddr == v4_of(k->local);
#if IS_ENABLED(CONFIG_IPV6)
	return sk->sk_family == AF_INET6 && !memcmp(&sk->sk_v6_daddr, k->peer->addr, 16) &&
	       !memcmp(&sk->sk_v6_rcv_saddr, k->local->addr, 16);
#else
	return false;
#endif
}

/* With a reference; whatever interface it is bound to, which is why __inet_lookup_established() would not do. */
static struct sock *lookup(const struct ends *k)
{
	struct inet_hashinfo *all = k->net->ipv4.tcp_death_row.hashinfo;
	const struct hlist_nulls_node *node;
	struct sock *sk;

	rcu_read_lock();
again:
	sk_nulls_for_each_rcu(sk, node, &inet_ehash_bucket(all, k->hash)->chain) {
		if (!is_it(sk, k) || !refcount_inc_not_zero(&sk->sk_refcnt))
			continue;
		if (is_it(sk, k))
			goto found;
		sock_gen_put(sk);
		goto again;
	}
	if (get_nulls_value(node) != (k->hash & all->ehash_mask))
		goto again;
	sk = NULL;
found:
	rcu_read_unlock();
	return sk;
}

/*
 * tcp_first() - the TCP socket that listens: for MPTCP the first of its flows, which has the number of its
 * inode (mptcp_subflow_create_socket()) and no other descriptor. Return: with a reference, or NULL
 */
struct sock *tcp_first(struct sock *sk)
{
	struct net *net = sock_net(sk);
	struct inet_hashinfo *all = net->ipv4.tcp_death_row.hashinfo;
	const unsigned long ino = sock_i_ino(sk);
	const struct hlist_nulls_node *node;
	struct sock *first;
	u32 hash = ipv4_portaddr_hash(net, sk->sk_rcv_saddr, sk->sk_num);

	if (sk->sk_protocol == IPPROTO_TCP) {
		sock_hold(sk);
		return sk;
	}
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		hash = ipv6_portaddr_hash(net, &sk->sk_v6_rcv_saddr, sk->sk_num);
#endif
	rcu_read_lock();
	sk_nulls_for_each_rcu(first, node, &inet_lhash2_bucket(all, hash)->nulls_head) {
		if (sk_is_mptcp(first) && sock_i_ino(first) == ino && refcount_inc_not_zero(&first->sk_refcnt))
			goto found;
	}
	first = NULL;
found:
	rcu_read_unlock();
	return first;
}

static bool moves(const struct tcp_sock *tp)
{
	return READ_ONCE(tp->packets_out) ||
	       ((int)(READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_nxt)) > 0 && READ_ONCE(tp->snd_wnd));
}

static void find_in(const struct snap *s, const struct net *net, const struct tcp_end *local,
		    const struct tcp_end *peer, struct tcp_conn *c)
{
	const struct ends k = ends_of(net, local, peer);
	struct sock *sk = lookup(&k);

	*c = (struct tcp_conn){ .found = sk, .net = net };
	if (!sk)
		return;
	c->state = READ_ONCE(sk->sk_state);
	if (sk_fullsock(sk)) {
		c->inside = is_inside(s, sk);
		c->ino = sock_i_ino(sk);
		c->wqueue = READ_ONCE(tcp_sk(sk)->write_seq) - READ_ONCE(tcp_sk(sk)->snd_una);
		c->moves = moves(tcp_sk(sk));
	}
	sock_gen_put(sk);
}

/* A loopback device, or an address of one's own, does not lead to another namespace. */
void tcp_find(const struct snap *s, struct net *net, const struct tcp_end *local, const struct tcp_end *peer,
	      struct tcp_conn *c)
{
	const struct sock_net *n;

	find_in(s, net, local, peer, c);
	if (c->found || !s->nets->next || tcp_here(net, local))
		return;
	for (n = s->nets; n && !c->found; n = n->next)
		if (n->net != net)
			find_in(s, n->net, local, peer, c);
}

bool tcp_here(struct net *net, const struct tcp_end *e)
{
	if (is_v4(e))
		return inet_addr_type(net, v4_of(e)) == RTN_LOCAL;
#if IS_ENABLED(CONFIG_IPV6)
	return ipv6_chk_addr(net, (const struct in6_addr *)e->addr, NULL, 0);
#else
	return false;
#endif
}

static bool hears(const struct tcp_end *listener, const struct tcp_end *e)
{
	return listener->port == e->port && (is_any(listener) || !memcmp(listener->addr, e->addr, sizeof(e->addr)));
}

/* Is the end @e, which nobody has, in a listener of the container? */
static bool is_heard(const struct snap *s, const struct tcp_end *e, const struct tcp_conn *c)
{
	const struct tcp_known *k = s->tcp;
	struct tcp_end m;
	size_t i;

	if (c->ino)
		return false;
	for (i = 0; i < k->nr; i++) {
		if (READ_ONCE(k->inside[i]->sk_state) != TCP_LISTEN || sock_net(k->inside[i]) != c->net)
			continue;
		tcp_end_of(k->inside[i], false, &m);
		if (hears(&m, e))
			return true;
	}
	return false;
}

/* Does it wait to be accepted there? */
static bool is_queued(const struct snap *s, const struct tcp_end *e, const struct tcp_conn *c)
{
	return (c->state == CRFS_TCP_ESTABLISHED || c->state == CRFS_TCP_CLOSE_WAIT) && is_heard(s, e, c);
}

enum tcp_who tcp_whose(const struct snap *s, const struct sock *sk, struct tcp_conn *p)
{
	struct tcp_end local, peer;

	tcp_end_of(sk, false, &local);
	tcp_end_of(sk, true, &peer);
	tcp_find(s, sock_net(sk), &peer, &local, p);
	if (p->inside)
		return PEER_INSIDE;
	if (p->found ? p->ino != 0 : !tcp_here(sock_net(sk), &peer))
		return PEER_OUTSIDE;
	if (p->found && is_queued(s, &peer, p))
		return PEER_QUEUED;
	if (p->found && p->state == TCP_NEW_SYN_RECV && is_heard(s, &peer, p))
		return PEER_SHAKES;
	if (p->found && (p->state == TCP_NEW_SYN_RECV || p->state == CRFS_TCP_ESTABLISHED || p->state == CRFS_TCP_CLOSE_WAIT))
		return PEER_WAITS;
	return p->found && p->wqueue > 1 ? PEER_SENDS : PEER_NOBODY;
}

/* ---- once ---- */

/* What both sides of a connection in the container have sent has come. */
static bool settled(const struct snap *s)
{
	const struct tcp_known *k = s->tcp;
	struct tcp_end local, peer;
	struct tcp_conn p;
	size_t i;

	for (i = 0; i < k->nr; i++) {
		const struct sock *sk = k->inside[i];

		if (sk->sk_protocol != IPPROTO_TCP || READ_ONCE(sk->sk_state) == TCP_LISTEN ||
		    !tcp_connected(READ_ONCE(sk->sk_state)))
			continue;
		tcp_end_of(sk, false, &local);
		tcp_end_of(sk, true, &peer);
		tcp_find(s, sock_net(sk), &peer, &local, &p);
		if (p.found && (p.inside || !p.ino) && (moves(tcp_sk(sk)) || p.moves))
			return false;
	}
	return true;
}

static bool is_stream(const struct sock *sk)
{
	return sk && sk->sk_type == SOCK_STREAM &&
	       (sk->sk_protocol == IPPROTO_TCP || sk->sk_protocol == IPPROTO_MPTCP);
}

int tcp_look(struct snap *s)
{
	unsigned long end = jiffies + msecs_to_jiffies(SETTLE_MS);
	struct tcp_known *k;
	size_t i;
	int rc;

	if (s->tcp)
		return 0;
	k = snap_alloc(s, sizeof(*k));
	if (!k)
		return -ENOMEM;
	*k = (struct tcp_known){ .inside = snap_alloc(s, s->nr_files * sizeof(*k->inside)) };
	for (i = 0; k->inside && i < s->nr_files; i++) {
		const struct sock *sk = file_sock(s->files[i], AF_INET) ?: file_sock(s->files[i], AF_INET6);

		if (is_stream(sk))
			k->inside[k->nr++] = sk;
	}
	if (!k->inside)
		return -ENOMEM;
	sort(k->inside, k->nr, sizeof(*k->inside), by_place, NULL);
	/* Before anything is read, so that nothing comes any more that is not read. */
	rc = s->mi->guards && k->nr ? guard_set(s, k->inside, k->nr, &k->unguarded) : 0;
	if (rc)
		return rc;
	s->tcp = k;
	while (!settled(s) && time_before(jiffies, end) && !fatal_signal_pending(current))
		usleep_range(SETTLE_NAP_US, 2 * SETTLE_NAP_US);
	return 0;
}

void tcp_listens(struct snap *s, const struct cfile *f)
{
	const struct tcp_unguarded *u = &s->tcp->unguarded;

	if (u->code)
		snap_unsupported(s, u->code, file_obj(s, f), "%s", u->why);
}

/** struct callers - their ends, the listener's first; @room: for so many; @nr: so many there are */
struct callers {
	struct tcp_end (*v)[2];
	u32 room, nr;
};

/* Of those who have called @sk, none is a socket yet. */
static void list_callers(const struct sock *sk, const struct hlist_nulls_head *chain, struct callers *all)
{
	const struct hlist_nulls_node *node;
	struct tcp_end m, local, peer;
	struct sock *c;

	tcp_end_of(sk, false, &m);
	sk_nulls_for_each_rcu(c, node, chain) {
		if (READ_ONCE(c->sk_state) != TCP_NEW_SYN_RECV || sock_net(c) != sock_net(sk))
			continue;
		tcp_end_of(c, false, &local);
		tcp_end_of(c, true, &peer);
		if (!hears(&m, &local))
			continue;
		if (all->nr < all->room) {
			all->v[all->nr][0] = local;
			all->v[all->nr][1] = peer;
		}
		all->nr++;
	}
}

int tcp_deferred(struct snap *s, struct sock *sk, u32 *n)
{
	const struct inet_hashinfo *all = sock_net(sk)->ipv4.tcp_death_row.hashinfo;
	struct callers c = { .room = inet_csk_reqsk_queue_len(sk) };
	struct tcp_conn p;
	u32 i;

	*n = 0;
	if (!READ_ONCE(inet_csk(sk)->icsk_accept_queue.rskq_defer_accept))
		return 0;
	/* Those of another listener at this port count here, too: user space cannot tell whose they are. */
	c.room += 1024;
	c.v = kvmalloc_array(c.room, sizeof(*c.v), GFP_KERNEL);
	if (!c.v)
		return -ENOMEM;
	for (i = 0; i <= all->ehash_mask; i++) {
		rcu_read_lock();
		list_callers(sk, &all->ehash[i].chain, &c);
		rcu_read_unlock();
		cond_resched();
	}
	for (i = 0; i < min(c.nr, c.room); i++) {
		tcp_find(s, sock_net(sk), &c.v[i][1], &c.v[i][0], &p);
		*n += !p.inside && (p.found ? p.ino != 0 : !tcp_here(sock_net(sk), &c.v[i][1]));
	}
	kvfree(c.v);
	return 0;
}

bool tcp_keyed(struct sock *sk)
{
#ifdef CONFIG_TCP_MD5SIG
	const struct tcp_md5sig_info *info;
	bool yes;

	rcu_read_lock();
	info = rcu_dereference(tcp_sk(sk)->md5sig_info);
	yes = info && !hlist_empty(&info->head);
	rcu_read_unlock();
	return yes;
#else
	return false;
#endif
}

bool tcp_ao(const struct sock *sk)
{
#ifdef CONFIG_TCP_AO
	return rcu_access_pointer(tcp_sk(sk)->ao_info);
#else
	return false;
#endif
}

int tcp_recv(struct sock *sk, u32 begin, u32 size, struct text *out)
{
	struct sk_buff *skb;
	u32 at = begin;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		const u32 skip = at - TCP_SKB_CB(skb)->seq, left = begin + size - at;
		int rc;

		if (!left)
			break;
		if (skip >= skb->len)	/* a FIN, or nothing new */
			continue;
		rc = skb_bytes(skb, skip, min(skb->len - skip, left), out);
		if (rc)
			return rc;
		at += min(skb->len - skip, left);
	}
	return 0;
}
