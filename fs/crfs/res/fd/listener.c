// SPDX-License-Identifier: GPL-2.0-only
/*
 * A listening TCP socket of the network that crfs is mounted in: address, port, backlog, options.
 * Connections that wait to be accepted are not carried here yet: refused.
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

#include "internal.h"
#include "res/fd/sockopt.h"

static bool listener_match(const struct cfile *f)
{
	struct socket *sock = f->flags & O_PATH ? NULL : sock_from_file(f->file);

	return sock && sock->sk && sock->sk->sk_protocol == IPPROTO_TCP &&
	       (sock->sk->sk_family == AF_INET || sock->sk->sk_family == AF_INET6) &&
	       sock->type == SOCK_STREAM && sock->sk->sk_state == TCP_LISTEN;
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

static int listener_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_listener r = { .protocol = IPPROTO_TCP };
	struct cfile *f = obj;
	struct socket *sock = sock_from_file(f->file);
	char congestion[TCP_CA_NAME_MAX] = "";
	int rc = read_addr(sock, &r), wait;

	if (rc)
		return rc;
	lock_sock(sock->sk);
	wait = READ_ONCE(sock->sk->sk_ack_backlog);
	r.backlog = READ_ONCE(sock->sk->sk_max_ack_backlog);
	if (inet_csk(sock->sk)->icsk_ca_ops)
		strscpy(congestion, inet_csk(sock->sk)->icsk_ca_ops->name, sizeof(congestion));
	release_sock(sock->sk);
	if (wait)
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%u connections wait to be accepted on port %u: the kernel filesystem does not carry them yet: use -t fuse.crfs, or let the program accept them",
				 wait, r.port);
	r.congestion = str_of(congestion);
	text_section(out, &crfs_fd_listener_shape);
	text_rec(out, &crfs_fd_listener_shape, &r);
	rc = sockopts_read(s, f, out);
	text_section(out, &crfs_waiting_shape);
	return rc;
}

const struct room res_fd_listener = {
	.name = "listener",
	.scope = PER_FILE,
	.match = listener_match,
	.read = listener_read,
};
