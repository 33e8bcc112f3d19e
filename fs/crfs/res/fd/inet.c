// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of the internet protocols without connections: names, shutdown, what is being sent. */
#include <linux/delay.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include <crfs/icmp_errors.h>

#include "res/fd/inet.h"
#include "res/fd/sock.h"
#include "res/fd/sockopt.h"

#define SENDING_MS 200

struct sock *inet_of(const struct cfile *f, int type)
{
	struct sock *sk = file_sock(f, AF_INET) ?: file_sock(f, AF_INET6);

	return sk && sk->sk_type == type ? sk : NULL;
}

struct crfs_str inet_ifname(struct snap *s, int index)
{
	const struct net_device *dev;
	char name[IFNAMSIZ] = "";

	rcu_read_lock();
	dev = index > 0 ? dev_get_by_index_rcu(s->net, index) : NULL;
	if (dev)
		strscpy(name, dev->name, sizeof(name));
	rcu_read_unlock();
	return str_of(snap_printf(s, "%s", name));
}

static void take(const struct sockaddr_storage *a, u8 addr[16], u16 *port, u32 *scope)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;

	if (a->ss_family == AF_INET) {
		memcpy(addr, &in->sin_addr, sizeof(in->sin_addr));
		*port = ntohs(in->sin_port);
		return;
	}
	memcpy(addr, &in6->sin6_addr, sizeof(in6->sin6_addr));
	*port = ntohs(in6->sin6_port);
	*scope = in6->sin6_scope_id;
}

/* Something on its way leaves in a moment; what is corked does not. */
static void name_sending(struct snap *s, const struct cfile *f, struct sock *sk)
{
	int i;

	for (i = 0; i < SENDING_MS && sk_wmem_alloc_get(sk); i++) {
		if (i == SENDING_MS / 10 && corked_can(sk))
			return;
		usleep_range(1000, 2000);
	}
	if (i == SENDING_MS)
		snap_unsupported(s, -EAGAIN, file_obj(s, f),
				 "a datagram is corked in it (UDP_CORK, MSG_MORE), or does not leave: let the program send it");
}

int inet_read(struct snap *s, struct cfile *f, struct crfs_fd_inet *r)
{
	struct socket *sock = sock_from_file(f->file);
	struct sock *sk = sock->sk;
	struct sockaddr_storage a = {};
	int rc = kernel_getsockname(sock, (struct sockaddr *)&a);

	if (rc < 0)
		return rc;
	*r = (struct crfs_fd_inet){
		.family = sk->sk_family,
		.protocol = sk->sk_protocol,
		.uid = from_kuid_munged(s->mi->cred->user_ns, f->st.uid),
		.gid = from_kgid_munged(s->mi->cred->user_ns, f->st.gid),
		.shutdown = READ_ONCE(sk->sk_shutdown) & (RCV_SHUTDOWN | SEND_SHUTDOWN),
	};
	take(&a, r->addr, &r->port, &r->scope);
	if (kernel_getpeername(sock, (struct sockaddr *)&a) >= 0) {
		r->connected = 1;
		take(&a, r->peer_addr, &r->peer_port, &r->peer_scope);
	}
	name_sending(s, f, sk);
	return 0;
}

static bool is_v4(const struct crfs_fd_inet *r)
{
	return r->family == AF_INET || ipv6_addr_v4mapped((const struct in6_addr *)r->addr);
}

void inet_error_read(struct snap *s, const struct cfile *f, const struct sock *sk, const struct crfs_fd_inet *r,
		     struct text *out)
{
	const bool queued = !skb_queue_empty_lockless(&sk->sk_error_queue);
	const int err = READ_ONCE(sk->sk_err);

	if (!err && !queued)
		return;
	if (sk->sk_type == SOCK_DGRAM && (r->protocol == IPPROTO_UDP || r->protocol == IPPROTO_UDPLITE) && !queued &&
	    crfs_udp_error_kept(is_v4(r), r->connected, READ_ONCE(sk->sk_bound_dev_if), err))
		sockopt_row(out, CRFS_SO_ERROR, err);
	else
		sock_error_name(s, f);
}
