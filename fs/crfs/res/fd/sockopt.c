// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket options, for the rooms of sockets: those that are not as in a fresh socket of the
 * kind. The table is that of fuse-proto/sockopt.c. Those of SOL_SOCKET are read from struct
 * sock, the others asked for.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include <crfs/res/fd/sockopt.h>

#include "internal.h"

struct opt {
	const char *name;
	int level, option;
};

static const struct opt opts[] = {
	{ "so_reuseaddr", SOL_SOCKET, SO_REUSEADDR },
	{ "so_reuseport", SOL_SOCKET, SO_REUSEPORT },
	{ "so_keepalive", SOL_SOCKET, SO_KEEPALIVE },
	{ "so_oobinline", SOL_SOCKET, SO_OOBINLINE },
	{ "so_dontroute", SOL_SOCKET, SO_DONTROUTE },
	{ "so_priority", SOL_SOCKET, SO_PRIORITY },
	{ "so_mark", SOL_SOCKET, SO_MARK },
	{ "so_rcvlowat", SOL_SOCKET, SO_RCVLOWAT },
	{ "so_passcred", SOL_SOCKET, SO_PASSCRED },
	{ "so_passsec", SOL_SOCKET, SO_PASSSEC },
	{ "so_timestamp", SOL_SOCKET, SO_TIMESTAMP_OLD },
	{ "so_timestampns", SOL_SOCKET, SO_TIMESTAMPNS_OLD },
#ifdef SO_PASSPIDFD
	{ "so_passpidfd", SOL_SOCKET, SO_PASSPIDFD },		/* 6.5 */
#endif
	{ "so_peek_off", SOL_SOCKET, SO_PEEK_OFF },
	{ "so_broadcast", SOL_SOCKET, SO_BROADCAST },
	{ "so_no_check", SOL_SOCKET, SO_NO_CHECK },
	{ "so_rxq_ovfl", SOL_SOCKET, SO_RXQ_OVFL },
	{ "so_wifi_status", SOL_SOCKET, SO_WIFI_STATUS },
	{ "so_nofcs", SOL_SOCKET, SO_NOFCS },
	{ "so_select_err_queue", SOL_SOCKET, SO_SELECT_ERR_QUEUE },
	{ "so_prefer_busy_poll", SOL_SOCKET, SO_PREFER_BUSY_POLL },
	{ "so_busy_poll_budget", SOL_SOCKET, SO_BUSY_POLL_BUDGET },
	{ "so_reserve_mem", SOL_SOCKET, SO_RESERVE_MEM },
	{ "so_busy_poll", SOL_SOCKET, SO_BUSY_POLL },
	{ "so_bindtoifindex", SOL_SOCKET, SO_BINDTOIFINDEX },
	{ "so_sndbuf", SOL_SOCKET, SO_SNDBUF },
	{ "so_rcvbuf", SOL_SOCKET, SO_RCVBUF },
	{ "so_linger", SOL_SOCKET, SO_LINGER },
	{ "so_rcvtimeo_us", SOL_SOCKET, SO_RCVTIMEO_OLD },
	{ "so_sndtimeo_us", SOL_SOCKET, SO_SNDTIMEO_OLD },
	{ "ip_tos", IPPROTO_IP, IP_TOS },
	{ "ip_ttl", IPPROTO_IP, IP_TTL },
	{ "ip_freebind", IPPROTO_IP, IP_FREEBIND },
	{ "ip_transparent", IPPROTO_IP, IP_TRANSPARENT },
	{ "ipv6_v6only", IPPROTO_IPV6, IPV6_V6ONLY },
	{ "ipv6_tclass", IPPROTO_IPV6, IPV6_TCLASS },
	{ "ipv6_unicast_hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS },
	{ "tcp_nodelay", IPPROTO_TCP, TCP_NODELAY },
	{ "tcp_maxseg", IPPROTO_TCP, TCP_MAXSEG },
	{ "tcp_cork", IPPROTO_TCP, TCP_CORK },
	{ "tcp_keepidle", IPPROTO_TCP, TCP_KEEPIDLE },
	{ "tcp_keepintvl", IPPROTO_TCP, TCP_KEEPINTVL },
	{ "tcp_keepcnt", IPPROTO_TCP, TCP_KEEPCNT },
	{ "tcp_syncnt", IPPROTO_TCP, TCP_SYNCNT },
	{ "tcp_linger2", IPPROTO_TCP, TCP_LINGER2 },
	{ "tcp_defer_accept", IPPROTO_TCP, TCP_DEFER_ACCEPT },
	{ "tcp_user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ "tcp_fastopen", IPPROTO_TCP, TCP_FASTOPEN },
};

static s64 timeo_us(long timeo)
{
	return timeo == MAX_SCHEDULE_TIMEOUT ? 0 : (s64)timeo / HZ * USEC_PER_SEC +
	       (s64)(timeo % HZ) * USEC_PER_SEC / HZ;
}

/* As sk_getsockopt(), net/core/sock.c, which is not exported everywhere. */
static bool of_sock(struct socket *sock, int option, s64 *v)
{
	struct sock *sk = sock->sk;
	bool new = sock_flag(sk, SOCK_TSTAMP_NEW), ns = sock_flag(sk, SOCK_RCVTSTAMPNS);

	switch (option) {
	case SO_REUSEADDR:
		*v = sk->sk_reuse;
		return true;
	case SO_REUSEPORT:
		*v = sk->sk_reuseport;
		return true;
	case SO_KEEPALIVE:
		*v = sock_flag(sk, SOCK_KEEPOPEN);
		return true;
	case SO_OOBINLINE:
		*v = sock_flag(sk, SOCK_URGINLINE);
		return true;
	case SO_DONTROUTE:
		*v = sock_flag(sk, SOCK_LOCALROUTE);
		return true;
	case SO_PRIORITY:
		*v = (int)sk->sk_priority;
		return true;
	case SO_MARK:
		*v = (int)sk->sk_mark;
		return true;
	case SO_RCVLOWAT:
		*v = sk->sk_rcvlowat;
		return true;
	case SO_PASSCRED:
		*v = test_bit(SOCK_PASSCRED, &sock->flags);
		return true;
	case SO_PASSSEC:
		*v = test_bit(SOCK_PASSSEC, &sock->flags);
		return true;
	case SO_TIMESTAMP_OLD:
		*v = sock_flag(sk, SOCK_RCVTSTAMP) && !new && !ns;
		return true;
	case SO_TIMESTAMPNS_OLD:
		*v = ns && !new;
		return true;
#ifdef SO_PASSPIDFD
	case SO_PASSPIDFD:
		*v = test_bit(SOCK_PASSPIDFD, &sock->flags);
		return true;
#endif
	case SO_PEEK_OFF:
		*v = READ_ONCE(sk->sk_peek_off);
		return sock->ops->set_peek_off;
	case SO_BROADCAST:
		*v = sock_flag(sk, SOCK_BROADCAST);
		return true;
	case SO_NO_CHECK:
		*v = sk->sk_no_check_tx;
		return true;
	case SO_RXQ_OVFL:
		*v = sock_flag(sk, SOCK_RXQ_OVFL);
		return true;
	case SO_WIFI_STATUS:
		*v = sock_flag(sk, SOCK_WIFI_STATUS);
		return true;
	case SO_NOFCS:
		*v = sock_flag(sk, SOCK_NOFCS);
		return true;
	case SO_SELECT_ERR_QUEUE:
		*v = sock_flag(sk, SOCK_SELECT_ERR_QUEUE);
		return true;
	case SO_RESERVE_MEM:
		*v = sk->sk_reserved_mem;
		return true;
#ifdef CONFIG_NET_RX_BUSY_POLL
	case SO_PREFER_BUSY_POLL:
		*v = sk->sk_prefer_busy_poll;
		return true;
	case SO_BUSY_POLL_BUDGET:
		*v = sk->sk_busy_poll_budget;
		return true;
	case SO_BUSY_POLL:
		*v = (int)sk->sk_ll_usec;
		return true;
#endif
	case SO_BINDTOIFINDEX:
		*v = sk->sk_bound_dev_if;
		return true;
	case SO_SNDBUF:
		*v = sk->sk_sndbuf;
		return sk->sk_userlocks & SOCK_SNDBUF_LOCK;
	case SO_RCVBUF:
		*v = sk->sk_rcvbuf;
		return sk->sk_userlocks & SOCK_RCVBUF_LOCK;
	case SO_LINGER:
		*v = (s64)sock_flag(sk, SOCK_LINGER) << 32 | (sk->sk_lingertime / HZ);
		return true;
	case SO_RCVTIMEO_OLD:
		*v = timeo_us(sk->sk_rcvtimeo);
		return true;
	case SO_SNDTIMEO_OLD:
		*v = timeo_us(sk->sk_sndtimeo);
		return true;
	default:
		return false;
	}
}

struct ask {
	struct socket *sock;
	const struct opt *opt;
	s64 *v;
};

static int call_getsockopt(void *arg, unsigned long at)
{
	struct ask *a = arg;
	int __user *val = (int __user *)at, *len = val + 1;
	int v = 0, rc;

	if (put_user(sizeof(int), len) || put_user(0, val))
		return -EFAULT;
	rc = a->sock->ops->getsockopt(a->sock, a->opt->level, a->opt->option,
				      (char __user *)val, len);
	if (!rc && get_user(v, val))
		rc = -EFAULT;
	*a->v = v;
	return rc;
}

/* Return: 1 if it has one; 0 if not; or a negative errno: it cannot be told */
static int get(struct socket *sock, const struct opt *o, s64 *v)
{
	struct ask a = { sock, o, v };
	int rc;

	if (o->level == SOL_SOCKET)
		return of_sock(sock, o->option, v);
	if (!sock->ops->getsockopt)
		return 0;
	rc = user_page(call_getsockopt, &a);
	return rc == -ENOPROTOOPT || rc == -EOPNOTSUPP ? 0 : rc ? rc : 1;
}

/* Buffers are told only where the program has set them; a fresh socket has none that is. */
static bool usual(struct socket *fresh, const struct opt *o, s64 now)
{
	s64 v;

	if (o->level == SOL_SOCKET && o->option == SO_SNDBUF)
		return now == fresh->sk->sk_sndbuf;
	if (o->level == SOL_SOCKET && o->option == SO_RCVBUF)
		return now == fresh->sk->sk_rcvbuf;
	return get(fresh, o, &v) != 1 || v == now;
}

int sockopts_read(struct snap *s, struct cfile *f, struct text *out)
{
	struct socket *sock = sock_from_file(f->file), *fresh;
	struct crfs_sockopt rec;
	size_t i;
	s64 now;
	int rc = sock_create(sock->sk->sk_family, sock->type, sock->sk->sk_protocol, &fresh);

	text_section(out, &crfs_sockopt_shape);
	if (rc)
		return rc;
	for (i = 0; i < ARRAY_SIZE(opts) && rc >= 0; i++) {
		rc = get(sock, &opts[i], &now);
		if (rc != 1 || usual(fresh, &opts[i], now))
			continue;
		rec.option = str_of(opts[i].name);
		rec.value = now;
		text_rec(out, &crfs_sockopt_shape, &rec);
	}
	sock_release(fresh);
	if (rcu_access_pointer(sock->sk->sk_filter))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "the socket has a filter (SO_ATTACH_FILTER): let the program detach it");
	return min(rc, 0);
}
