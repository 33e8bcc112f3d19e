// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listening TCP or MPTCP socket of the network that crfs is mounted in: address, port, backlog, options.
 * Connections that wait to be accepted: listener_queue.c.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inet.h>
#include <linux/net.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tcp_states.h>

#include <crfs/res/fd/listener.h>

#include "res/fd/sock.h"
#include "res/fd/sockopt.h"
#include "res/fd/tcp_look.h"

static struct sock *sock_of(const struct cfile *f)
{
	return file_sock(f, AF_INET) ?: file_sock(f, AF_INET6);
}

static bool listener_match(const struct cfile *f)
{
	const struct sock *sk = sock_of(f);

	return sk && (sk->sk_protocol == IPPROTO_TCP || sk->sk_protocol == IPPROTO_MPTCP) &&
	       sk->sk_type == SOCK_STREAM && READ_ONCE(sk->sk_state) == TCP_LISTEN;
}

static int read_addr(struct socket *sock, struct crfs_fd_listener *r)
{
	struct sockaddr_storage a = {};
	struct sockaddr_in *in = (void *)&a;
	struct sockaddr_in6 *in6 = (void *)&a;
	int rc = kernel_getsockname(sock, (struct sockaddr *)&a);

	if (rc < 0)
		return rc;
	r->family = a.ss_family;
	if (r->family == AF_INET) {
		memcpy(r->addr, &in->sin_addr, sizeof(in->sin_addr));
		r->port = ntohs(in->sin_port);
		return 0;
	}
	memcpy(r->addr, &in6->sin6_addr, sizeof(in6->sin6_addr));
	r->port = ntohs(in6->sin6_port);
	r->scope = in6->sin6_scope_id;
	return 0;
}

static void name_signed(struct snap *s, const struct cfile *f, struct sock *sk)
{
	if (tcp_keyed(sk))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "its connections are signed (TCP_MD5SIG), which cannot be carried: use another protection");
	if (tcp_ao(sk))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "it is signed (TCP_AO), which cannot be carried: use another protection");
}

static int name_deferred(struct snap *s, const struct cfile *f, struct sock *sk)
{
	u32 n;
	int rc = tcp_deferred(s, sk, &n);

	if (n)
		snap_lost(s, file_obj(s, f),
			  "%u connections from outside, from which data is waited for (TCP_DEFER_ACCEPT): they are reset when it comes",
			  n);
	return rc;
}

/*
 * @sk: the TCP socket, which has the queue. getsockopt(2) says for TCP_MAXSEG what follows from its other
 * options, if nobody has set it.
 */
static int read_first(struct snap *s, struct cfile *f, struct sock *sk, struct crfs_fd_listener *r,
		      struct text *out)
{
	static const char *const follows[] = { "tcp_maxseg", NULL };
	char congestion[TCP_CA_NAME_MAX] = "";
	u32 wait;
	int rc;

	name_signed(s, f, sk);
	rc = name_deferred(s, f, sk);
	if (rc)
		return rc;
	lock_sock(sk);
	wait = READ_ONCE(sk->sk_ack_backlog);
	r->backlog = READ_ONCE(sk->sk_max_ack_backlog);
	if (inet_csk(sk)->icsk_ca_ops)
		strscpy(congestion, inet_csk(sk)->icsk_ca_ops->name, sizeof(congestion));
	release_sock(sk);
	r->congestion = str_of(congestion);
	text_section(out, &crfs_fd_listener_shape);
	text_rec(out, &crfs_fd_listener_shape, r);
	rc = sockopts_read_without(s, f, out, tcp_sk(sk)->rx_opt.user_mss ? NULL : follows);
	sockopt_owner(s, f, out);
	return rc ?: listener_queue_read(s, f, sk, r->port, wait, out);
}

static int listener_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct sock *sk = sock_of(f), *first;
	struct crfs_fd_listener r = { .protocol = sk->sk_protocol };
	int rc = tcp_look(s) ?: read_addr(sk->sk_socket, &r);

	if (rc)
		return rc;
	tcp_listens(s, f);
	first = tcp_first(sk);
	if (!first)
		return -ESTALE;
	rc = read_first(s, f, first, &r, out);
	sock_put(first);
	return rc;
}

const struct room res_fd_listener = {
	.name = "listener",
	.scope = PER_FILE,
	.fires = true,
	.match = listener_match,
	.read = listener_read,
};
