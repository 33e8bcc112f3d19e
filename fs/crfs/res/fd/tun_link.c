// SPDX-License-Identifier: GPL-2.0-only
/*
 * The links of kind tun or tap: which is that of a description, what it tells of what its program has asked for, and who
 * else is tied to it.
 *
 * A description is a socket, as tun_get_socket() gives it to vhost; whose link it has stands behind that one, in struct
 * tun_file, which is private to drivers/net/tun.c: so its beginning stands here once more (it is the same from 6.1 to
 * 6.12), and is believed only if the socket is in it. A link tells of itself what it tells rtnetlink(7).
 */
#include <linux/if_arp.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/sched/task.h>
#include <linux/skbuff.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>
#include <net/sock.h>

#include "res/fd/tun.h"
#include "res/ns/ns.h"

struct tun_head {
	struct sock sk;
	struct socket socket;
	const void *link;
};

static int socket_of(struct file *file, struct tun *t, struct socket **sock)
{
#if IS_ENABLED(CONFIG_TUN)
	typeof(&tun_get_socket) socket = symbol_get(tun_get_socket);
	typeof(&tun_get_tx_ring) ring = symbol_get(tun_get_tx_ring);
	int rc = socket && ring ? 0 : -EOPNOTSUPP;

	if (!rc) {
		*sock = socket(file);
		t->ring = ring(file);
		rc = PTR_ERR_OR_ZERO(*sock) ?: PTR_ERR_OR_ZERO(t->ring);
	}
	if (socket)
		symbol_put(tun_get_socket);
	if (ring)
		symbol_put(tun_get_tx_ring);
	return rc;
#else
	return -EOPNOTSUPP;
#endif
}

static bool is_tun(const struct net_device *dev)
{
	return dev->rtnl_link_ops && dev->rtnl_link_ops->fill_info && !strcmp(dev->rtnl_link_ops->kind, "tun");
}

/* The link of that name in its network, if that is its; under rtnl_lock(). */
static struct net_device *link_of(const struct tun *t, const void *link)
{
	struct net_device *dev = __dev_get_by_name(t->net, t->name);

	return dev && is_tun(dev) && (!link || netdev_priv(dev) == link) ? dev : NULL;
}

int tun_of(struct file *file, struct tun *t)
{
	struct ifreq is = { .ifr_flags = 0 };
	const struct tun_head *head;
	struct socket *sock;
	int rc = socket_of(file, t, &sock);

	if (rc)
		return rc == -ENOMEM ? rc : -EOPNOTSUPP;
	head = container_of(sock, struct tun_head, socket);
	if (sock->sk != &head->sk)
		return -EOPNOTSUPP;
	t->net = sock_net(sock->sk);
	rc = ask_ioctl(file, TUNGETIFF, &is, sizeof(is));
	if (rc)
		return rc == -EBADFD ? 0 : rc;
	strscpy(t->name, is.ifr_name, sizeof(t->name));
	t->flags = is.ifr_flags;
	rtnl_lock();
	t->here = link_of(t, READ_ONCE(head->link));
	rtnl_unlock();
	return 0;
}

static const struct {
	netdev_features_t feature;
	u32 offload;
} offloads[] = {
	{ NETIF_F_HW_CSUM, TUN_F_CSUM },
	{ NETIF_F_TSO, TUN_F_TSO4 },
	{ NETIF_F_TSO6, TUN_F_TSO6 },
	{ NETIF_F_TSO_ECN, TUN_F_TSO_ECN },
	{ NETIF_F_GSO_UDP_L4, 0x60 },	/* TUN_F_USO4 | TUN_F_USO6, 6.2 */
};

static u32 number(const struct sk_buff *skb, int type)
{
	const struct nlattr *a = nla_find((const void *)skb->data, skb->len, type);

	return !a ? 0 : nla_len(a) == 1 ? nla_get_u8(a) : nla_get_u32(a);
}

/* Under rtnl_lock() */
static int ask_link(const struct net_device *dev, struct tun_link *l)
{
	struct sk_buff *skb = alloc_skb(512, GFP_KERNEL);
	size_t i;
	int rc = skb ? dev->rtnl_link_ops->fill_info(skb, dev) : -ENOMEM;

	if (!rc) {
		*l = (struct tun_link){
			.type = dev->type, .carrier = netif_carrier_ok(dev), .no_pi = !number(skb, IFLA_TUN_PI),
			.stays = number(skb, IFLA_TUN_PERSIST), .many = number(skb, IFLA_TUN_MULTI_QUEUE),
			.queues = number(skb, IFLA_TUN_NUM_QUEUES), .idle = number(skb, IFLA_TUN_NUM_DISABLED_QUEUES),
		};
		for (i = 0; i < ARRAY_SIZE(offloads); i++)
			l->offload |= dev->features & offloads[i].feature ? offloads[i].offload : 0;
	}
	kfree_skb(skb);
	return rc;
}

int tun_link_look(const struct tun *t, struct tun_link *l)
{
	struct net_device *dev;
	int rc;

	rtnl_lock();
	dev = link_of(t, NULL);
	rc = dev ? ask_link(dev, l) : -ESTALE;
	rtnl_unlock();
	return rc;
}

/* ---- who is tied to them ---- */

/* struct met - a link of the container; @tied: how many descriptions are, at least */
struct met {
	const struct cns *n;
	const struct net *net;
	const char *name;
	u32 tied, idle;
	struct met *next;
};

static int meet(struct snap *s, const struct cns *n, struct net *net, struct met **first)
{
	struct net_device *dev;
	struct tun_link l;
	struct met *m;
	int rc = 0;

	rtnl_lock();
	for_each_netdev(net, dev) {
		if (rc || !is_tun(dev))
			continue;
		m = snap_alloc(s, sizeof(*m));
		rc = m ? ask_link(dev, &l) : -ENOMEM;
		if (rc)
			continue;
		/* One that stays and has one queue does not tell whether somebody is tied to it. */
		*m = (struct met){ .n = n, .net = net, .name = snap_printf(s, "%s", dev->name),
				   .tied = l.many ? l.queues : !l.stays, .idle = l.idle, .next = *first };
		*first = m;
		rc = m->name ? 0 : -ENOMEM;
	}
	rtnl_unlock();
	return rc;
}

static int meet_all(struct snap *s, struct met **first)
{
	struct net *net = NULL;
	struct cns *n;
	int rc = 0;

	for (n = s->ns; n && !rc; n = n->next) {
		if (n->room != &res_ns_net)
			continue;
		net = ns_net(n);
		rc = net ? meet(s, n, net, first) : -ESTALE;
		if (net)
			put_net(net);
	}
	return rc;
}

/* How many descriptions of the container are tied to it */
static int tied_here(struct snap *s, const struct met *m)
{
	size_t i;
	int n = 0, rc;

	for (i = 0; i < s->nr_files; i++) {
		struct tun t = { .net = NULL };

		if (s->files[i]->room != &res_fd_tun)
			continue;
		rc = tun_of(s->files[i]->file, &t);
		if (rc && rc != -EOPNOTSUPP)
			return rc;
		n += !rc && t.here && t.net == m->net && !strcmp(t.name, m->name);
	}
	return n;
}

int tun_links_check(struct snap *s)
{
	struct met *m = NULL;
	int rc = meet_all(s, &m), has;

	for (; m && !rc; m = m->next) {
		if (m->idle)
			snap_unsupported(s, -EOPNOTSUPP, ns_obj(s, m->n),
					 "link %s: of kind tun, and %u of its queues are detached (IFF_DETACH_QUEUE), which cannot be carried: let the program close them",
					 m->name, m->idle);
		has = tied_here(s, m);
		if (has < 0)
			return has;
		if (has < m->tied)
			snap_unsupported(s, -EXDEV, ns_obj(s, m->n),
					 "link %s: of kind tun, and %u of its %u descriptors are outside the container: end who has them",
					 m->name, m->tied - has, m->tied);
	}
	return rc;
}
