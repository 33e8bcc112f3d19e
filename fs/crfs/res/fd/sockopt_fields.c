// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of level SOL_SOCKET, for kernels that export no getsockopt(2) to modules (older than 6.7): as
 * sk_getsockopt() of net/core/sock.c makes them of struct sock.
 */
#include "internal.h"
#include "res/fd/sockopt.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)

#include <linux/net.h>
#include <net/sock.h>

/* Those that are a flag. */
static const struct {
	int option;
	enum sock_flags flag;
} flags[] = {
	{ SO_KEEPALIVE, SOCK_KEEPOPEN },
	{ SO_OOBINLINE, SOCK_URGINLINE },
	{ SO_DONTROUTE, SOCK_LOCALROUTE },
	{ SO_DEBUG, SOCK_DBG },
	{ SO_BROADCAST, SOCK_BROADCAST },
	{ SO_RXQ_OVFL, SOCK_RXQ_OVFL },
	{ SO_WIFI_STATUS, SOCK_WIFI_STATUS },
	{ SO_NOFCS, SOCK_NOFCS },
	{ SO_SELECT_ERR_QUEUE, SOCK_SELECT_ERR_QUEUE },
	{ SO_ZEROCOPY, SOCK_ZEROCOPY },
	{ SO_RCVMARK, SOCK_RCVMARK },
};

static struct __kernel_old_timeval timeout_of(long ticks)
{
	if (ticks == MAX_SCHEDULE_TIMEOUT)
		return (struct __kernel_old_timeval){};
	return (struct __kernel_old_timeval){ ticks / HZ, (ticks % HZ) * USEC_PER_SEC / HZ };
}

static int stamped(const struct sock *sk, bool ns, bool new)
{
	return sock_flag(sk, SOCK_RCVTSTAMP) && sock_flag(sk, SOCK_RCVTSTAMPNS) == ns &&
	       sock_flag(sk, SOCK_TSTAMP_NEW) == new;
}

/* Return: false if it is none of these */
static bool wide(const struct sock *sk, int option, union sockopt_val *u, int *size)
{
	switch (option) {
	case SO_LINGER:
		u->l.l_onoff = sock_flag(sk, SOCK_LINGER);
		u->l.l_linger = READ_ONCE(sk->sk_lingertime) / HZ;
		*size = sizeof(u->l);
		return true;
	case SO_RCVTIMEO_OLD:
	case SO_SNDTIMEO_OLD:
		u->t = timeout_of(option == SO_RCVTIMEO_OLD ? READ_ONCE(sk->sk_rcvtimeo) :
							      READ_ONCE(sk->sk_sndtimeo));
		*size = sizeof(u->t);
		return true;
	case SO_TIMESTAMPING_OLD:
		u->words[0] = READ_ONCE(sk->sk_tsflags) | (u64)(u32)READ_ONCE(sk->sk_bind_phc) << 32;
		*size = sizeof(u64);
		return true;
	case SO_TIMESTAMPING_NEW:
		u->words[0] = !sock_flag(sk, SOCK_TSTAMP_NEW) ? 0 :
			      READ_ONCE(sk->sk_tsflags) | (u64)(u32)READ_ONCE(sk->sk_bind_phc) << 32;
		*size = sizeof(u64);
		return true;
	case SO_MAX_PACING_RATE:
		u->ul = READ_ONCE(sk->sk_max_pacing_rate);
		*size = sizeof(u->ul);
		return true;
	case SO_TXTIME:
		u->words[0] = (u32)sk->sk_clockid |
			      (u64)((sk->sk_txtime_deadline_mode ? SOF_TXTIME_DEADLINE_MODE : 0) |
				    (sk->sk_txtime_report_errors ? SOF_TXTIME_REPORT_ERRORS : 0)) << 32;
		*size = sizeof(u64);
		return true;
	default:
		return false;
	}
}

static int number(const struct socket *sock, int option, int *v)
{
	const struct sock *sk = sock->sk;

	switch (option) {
	case SO_REUSEADDR:
		*v = sk->sk_reuse;
		return 0;
	case SO_REUSEPORT:
		*v = sk->sk_reuseport;
		return 0;
	case SO_PRIORITY:
		*v = READ_ONCE(sk->sk_priority);
		return 0;
	case SO_MARK:
		*v = READ_ONCE(sk->sk_mark);
		return 0;
	case SO_RCVLOWAT:
		*v = READ_ONCE(sk->sk_rcvlowat);
		return 0;
	case SO_PASSCRED:
		*v = test_bit(SOCK_PASSCRED, &sock->flags);
		return 0;
	case SO_PASSSEC:
		*v = test_bit(SOCK_PASSSEC, &sock->flags);
		return 0;
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMPNS_OLD:
		*v = stamped(sk, option == SO_TIMESTAMPNS_OLD, false);
		return 0;
	case SO_TIMESTAMP_NEW:
		/* SO_TIMESTAMPNS_NEW counts here, too. */
		*v = sock_flag(sk, SOCK_RCVTSTAMP) && sock_flag(sk, SOCK_TSTAMP_NEW);
		return 0;
	case SO_TIMESTAMPNS_NEW:
		*v = stamped(sk, true, true);
		return 0;
#ifdef CONFIG_NET_RX_BUSY_POLL
	case SO_BUSY_POLL:
		*v = READ_ONCE(sk->sk_ll_usec);
		return 0;
	case SO_PREFER_BUSY_POLL:
		*v = READ_ONCE(sk->sk_prefer_busy_poll);
		return 0;
#endif
	case SO_BINDTOIFINDEX:
		*v = READ_ONCE(sk->sk_bound_dev_if);
		return 0;
	case SO_SNDBUF:
		*v = READ_ONCE(sk->sk_sndbuf);
		return 0;
	case SO_RCVBUF:
		*v = READ_ONCE(sk->sk_rcvbuf);
		return 0;
	case SO_NO_CHECK:
		*v = sk->sk_no_check_tx;
		return 0;
	case SO_PEEK_OFF:
		*v = READ_ONCE(sk->sk_peek_off);
		return sock->ops->set_peek_off ? 0 : -EOPNOTSUPP;
	case SO_RESERVE_MEM:
		*v = READ_ONCE(sk->sk_reserved_mem);
		return 0;
	case SO_INCOMING_CPU:
		*v = READ_ONCE(sk->sk_incoming_cpu);
		return 0;
	case SO_TXREHASH:
		*v = READ_ONCE(sk->sk_txrehash);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

int sockopt_field(const struct socket *sock, int option, union sockopt_val *u)
{
	int size = sizeof(u->i), rc;
	size_t i;

	*u = (union sockopt_val){ .words = { 0 } };
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (flags[i].option != option)
			continue;
		u->i = sock_flag(sock->sk, flags[i].flag);
		return size;
	}
	if (wide(sock->sk, option, u, &size))
		return size;
	rc = number(sock, option, &u->i);
	return rc ? rc : size;
}

#endif
