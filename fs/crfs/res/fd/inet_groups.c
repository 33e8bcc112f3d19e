// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multicast groups that a socket is in, with the sources that it wants or not: its own lists, which change under
 * the lock of all networks and that of the socket only.
 */
#include <linux/igmp.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/sort.h>
#include <net/if_inet6.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "res/fd/inet.h"

/** struct rows - of the section, in the order they are met */
struct rows {
	struct crfs_inet_group *r;
	size_t n, cap;
	int rc;
};

/* A row for each of @n sources of @size bytes, or one without. */
static void add(struct snap *s, struct rows *rows, const struct crfs_inet_group *g, const void *sources, size_t n,
		size_t size)
{
	size_t i = 0;

	do {
		struct crfs_inet_group *more = snap_grow(s, rows->r, rows->n, &rows->cap, sizeof(*more));

		if (!more) {
			rows->rc = -ENOMEM;
			return;
		}
		rows->r = more;
		more[rows->n] = *g;
		if (n)
			memcpy(more[rows->n].source, sources + i * size, size);
		rows->n++;
	} while (++i < n);
}

static void look4(struct snap *s, struct sock *sk, struct rows *rows)
{
	struct ip_mc_socklist *l = rtnl_dereference(inet_sk(sk)->mc_list);

	for (; l; l = rtnl_dereference(l->next_rcu)) {
		const struct ip_sf_socklist *sf = rtnl_dereference(l->sflist);
		struct crfs_inet_group g = {
			.family = AF_INET, .mode = l->sfmode == MCAST_INCLUDE,
			.interface = inet_ifname(s, l->multi.imr_ifindex),
		};

		memcpy(g.group, &l->multi.imr_multiaddr, 4);
		add(s, rows, &g, sf ? sf->sl_addr : NULL, sf ? sf->sl_count : 0, 4);
	}
}

#if IS_ENABLED(CONFIG_IPV6)
static void look6(struct snap *s, struct sock *sk, struct rows *rows)
{
	struct ipv6_mc_socklist *l = rtnl_dereference(inet6_sk(sk)->ipv6_mc_list);

	for (; l; l = rtnl_dereference(l->next)) {
		const struct ip6_sf_socklist *sf = rtnl_dereference(l->sflist);
		struct crfs_inet_group g = {
			.family = AF_INET6, .mode = l->sfmode == MCAST_INCLUDE,
			.interface = inet_ifname(s, l->ifindex),
		};

		memcpy(g.group, &l->addr, 16);
		add(s, rows, &g, sf ? sf->sl_addr : NULL, sf ? sf->sl_count : 0, 16);
	}
}
#endif

static int order(const void *a, const void *b)
{
	const struct crfs_inet_group *x = a, *y = b;
	int c = (int)x->family - y->family;

	c = c ? c : strcmp(x->interface.p, y->interface.p);
	c = c ? c : memcmp(x->group, y->group, sizeof(x->group));
	return c ? c : memcmp(x->source, y->source, sizeof(x->source));
}

int inet_groups_read(struct snap *s, struct sock *sk, struct text *out)
{
	struct rows rows = { .r = NULL };
	size_t i;

	rtnl_lock();
	lock_sock(sk);
	look4(s, sk, &rows);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		look6(s, sk, &rows);
#endif
	release_sock(sk);
	rtnl_unlock();
	for (i = 0; i < rows.n; i++)
		if (!rows.r[i].interface.p)
			rows.rc = -ENOMEM;
	if (rows.rc)
		return rows.rc;
	sort(rows.r, rows.n, sizeof(*rows.r), order, NULL);
	text_section(out, &crfs_inet_group_shape);
	for (i = 0; i < rows.n; i++)
		text_rec(out, &crfs_inet_group_shape, &rows.r[i]);
	return 0;
}
