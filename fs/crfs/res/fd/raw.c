// SPDX-License-Identifier: GPL-2.0-only
/*
 * Raw sockets of IPv4 and IPv6 (fd/raw), and those of ICMP echo (fd/ping). Packets that wait are lost, as in a
 * full buffer: user space cannot look behind the first, and nobody could put them back.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include <crfs/res/fd/ping.h>
#include <crfs/res/fd/raw.h>

#include "res/fd/inet.h"
#include "res/fd/sockopt.h"

static bool raw_match(const struct cfile *f)
{
	return inet_of(f, SOCK_RAW);
}

static bool ping_match(const struct cfile *f)
{
	const struct sock *sk = inet_of(f, SOCK_DGRAM);

	return sk && (sk->sk_protocol == IPPROTO_ICMP || sk->sk_protocol == IPPROTO_ICMPV6);
}

/* Where getpeername(2) says nothing, since it wants a port. */
static void read_peer(const struct sock *sk, struct crfs_fd_inet *r)
{
	if (READ_ONCE(sk->sk_state) != TCP_ESTABLISHED)
		return;
	r->connected = 1;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		memcpy(r->peer_addr, &sk->sk_v6_daddr, sizeof(r->peer_addr));
		if (ipv6_addr_type(&sk->sk_v6_daddr) & IPV6_ADDR_LINKLOCAL)
			r->peer_scope = READ_ONCE(sk->sk_bound_dev_if);
		return;
	}
#endif
	memcpy(r->peer_addr, &sk->sk_daddr, 4);
}

static int read_one(struct snap *s, struct cfile *f, struct sock *sk, struct text *out)
{
	struct crfs_fd_inet r;
	int rc = inet_read(s, f, &r);

	if (rc)
		return rc;
	if (!r.connected)
		read_peer(sk, &r);
	if (atomic_read(&sk->sk_rmem_alloc))
		snap_lost(s, file_obj(s, f), "packets that wait to be received");
	text_section(out, &crfs_fd_inet_shape);
	text_rec(out, &crfs_fd_inet_shape, &r);
	rc = inet_groups_read(s, sk, out) ?: sockopts_read(s, f, out) ?: corked_row(s, sk, out);
	if (!rc)
		inet_error_read(s, f, sk, &r, out);
	return rc;
}

static int raw_read(struct snap *s, void *obj, struct text *out)
{
	return read_one(s, obj, inet_of(obj, SOCK_RAW), out);
}

static int ping_read(struct snap *s, void *obj, struct text *out)
{
	return read_one(s, obj, inet_of(obj, SOCK_DGRAM), out);
}

const struct room res_fd_raw = {
	.name = "raw",
	.scope = PER_FILE,
	.match = raw_match,
	.read = raw_read,
};

const struct room res_fd_ping = {
	.name = "ping",
	.scope = PER_FILE,
	.match = ping_match,
	.read = ping_read,
};
