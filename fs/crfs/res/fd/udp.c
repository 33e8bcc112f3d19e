// SPDX-License-Identifier: GPL-2.0-only
/*
 * UDP and UDP-Lite sockets in which nothing waits and that are in no multicast group; others are not
 * carried here yet.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inetdevice.h>
#include <linux/net.h>
#include <linux/udp.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include <crfs/res/fd/udp.h>

#include "internal.h"
#include "res/fd/sockopt.h"

static bool in_groups(struct sock *sk)
{
	if (rcu_access_pointer(inet_sk(sk)->mc_list))
		return true;
#if IS_ENABLED(CONFIG_IPV6)
	return sk->sk_family == AF_INET6 && (rcu_access_pointer(inet6_sk(sk)->ipv6_mc_list) ||
					     inet6_sk(sk)->ipv6_ac_list);
#else
	return false;
#endif
}

static bool is_empty(struct sock *sk)
{
	return skb_queue_empty_lockless(&sk->sk_receive_queue) &&
	       skb_queue_empty_lockless(&udp_sk(sk)->reader_queue) &&
	       skb_queue_empty_lockless(&sk->sk_error_queue) && !READ_ONCE(sk->sk_err) &&
	       !READ_ONCE(udp_sk(sk)->pending) && !sk_wmem_alloc_get(sk);
}

static bool udp_match(const struct cfile *f)
{
	struct socket *sock = f->flags & O_PATH ? NULL : sock_from_file(f->file);
	struct sock *sk = sock ? sock->sk : NULL;

	return sk && sock->type == SOCK_DGRAM &&
	       (sk->sk_family == AF_INET || sk->sk_family == AF_INET6) &&
	       (sk->sk_protocol == IPPROTO_UDP || sk->sk_protocol == IPPROTO_UDPLITE) &&
	       is_empty(sk) && !in_groups(sk);
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

static int udp_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct socket *sock = sock_from_file(f->file);
	struct sockaddr_storage a = {};
	struct crfs_fd_inet r = {
		.family = sock->sk->sk_family,
		.protocol = sock->sk->sk_protocol,
		.uid = from_kuid_munged(s->mi->cred->user_ns, f->st.uid),
		.gid = from_kgid_munged(s->mi->cred->user_ns, f->st.gid),
		.shutdown = READ_ONCE(sock->sk->sk_shutdown) & (RCV_SHUTDOWN | SEND_SHUTDOWN),
	};
	int rc = kernel_getsockname(sock, (struct sockaddr *)&a);

	if (rc < 0)
		return rc;
	take(&a, r.addr, &r.port, &r.scope);
	if (kernel_getpeername(sock, (struct sockaddr *)&a) >= 0) {
		r.connected = 1;
		take(&a, r.peer_addr, &r.peer_port, &r.peer_scope);
	}
	text_section(out, &crfs_fd_inet_shape);
	text_rec(out, &crfs_fd_inet_shape, &r);
	text_section(out, &crfs_inet_group_shape);
	return sockopts_read(s, f, out);
}

const struct room res_fd_udp = {
	.name = "udp",
	.scope = PER_FILE,
	.match = udp_match,
	.read = udp_read,
};
