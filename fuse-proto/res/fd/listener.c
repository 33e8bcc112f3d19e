// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A listening TCP or MPTCP socket of the network that crfs is mounted in: address, port, backlog, options.
 *
 * From getsockname(2), TCP_INFO (in this state it holds the queue: tcpi_unacked waiting, tcpi_sacked the most) and
 * getsockopt(2). Connections that wait to be accepted: listener_queue.c and listener_fill.c. A connection of MPTCP
 * that was accepted from one that speaks TCP alone is a TCP socket (fd/tcp).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "epoll.h"
#include "fdroom.h"
#include "listener.h"
#include "rooms.h"
#include "sockopt.h"
#include "tcp.h"

static bool is_ours(int protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;
}

static bool listener_match(const struct file *f)
{
	return (f->sock.domain == AF_INET || f->sock.domain == AF_INET6) && is_ours(f->sock.protocol) &&
	       f->sock.type == SOCK_STREAM && f->sock.listens == 1;
}

static int read_addr(int fd, struct crfs_fd_listener *r)
{
	socklen_t len = sizeof(union tcp_addr);
	union tcp_addr a;

	if (getsockname(fd, &a.sa, &len) < 0)
		return -errno;
	r->family = a.sa.sa_family;
	if (r->family == AF_INET) {
		memcpy(r->addr, &a.in.sin_addr, sizeof(a.in.sin_addr));
		r->port = ntohs(a.in.sin_port);
		return 0;
	}
	memcpy(r->addr, &a.in6.sin6_addr, sizeof(a.in6.sin6_addr));
	r->port = ntohs(a.in6.sin6_port);
	r->scope = a.in6.sin6_scope_id;
	return 0;
}

/* Return: how many wait to be accepted */
static uint32_t read_queue(struct snap *s, const struct file *f, struct crfs_fd_listener *r)
{
	struct tcp_info info = { .tcpi_unacked = 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(f->dup, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		snap_unsupported(s, -errno, file_obj(s, f), "TCP_INFO");
	r->backlog = info.tcpi_sacked;
	return info.tcpi_unacked;
}

static void name_deferred(struct snap *s, const struct file *f)
{
	unsigned int n = sock_int(f->dup, IPPROTO_TCP, TCP_DEFER_ACCEPT) > 0 ? tcp_deferred(s, f) : 0;

	if (n)
		snap_lost(s, file_obj(s, f), "%u connections from outside, from which data is waited for (TCP_DEFER_ACCEPT): "
			  "they are reset when it comes", n);
}

static int listener_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_listener r = { .family = 0 };
	struct file *f = obj;
	char congestion[16] = "";
	socklen_t len = sizeof(congestion);
	int rc = read_addr(f->dup, &r);
	uint32_t waiting;

	if (rc)
		return fail_on(s->err, rc, file_obj(s, f), "getsockname");
	r.protocol = f->sock.protocol;
	tcp_listens(s, f);
	name_deferred(s, f);
	waiting = read_queue(s, f, &r);
	getsockopt(f->dup, IPPROTO_TCP, TCP_CONGESTION, congestion, &len);
	r.congestion = (struct crfs_str){ congestion, strnlen(congestion, sizeof(congestion)) };
	text_section(out, &crfs_fd_listener_shape);
	text_rec(out, &crfs_fd_listener_shape, &r);
	rc = sockopts_read(s, f, out);
	sockopt_owner_read(f, out);
	return rc ? rc : listener_queue_read(s, f, &r, waiting, out);
}

static socklen_t fill(const struct crfs_fd_listener *r, union tcp_addr *a)
{
	memset(a, 0, sizeof(*a));
	a->sa.sa_family = r->family;
	if (r->family == AF_INET) {
		memcpy(&a->in.sin_addr, r->addr, sizeof(a->in.sin_addr));
		a->in.sin_port = htons(r->port);
		return sizeof(a->in);
	}
	memcpy(&a->in6.sin6_addr, r->addr, sizeof(a->in6.sin6_addr));
	a->in6.sin6_port = htons(r->port);
	a->in6.sin6_scope_id = r->scope;
	return sizeof(a->in6);
}

static void listener_check(struct image *im, struct iobj *o)
{
	static const char *const owner[] = { CRFS_SOCK_UID, CRFS_SOCK_GID, NULL };
	const struct crfs_fd_listener *r = image_rec(o, &res_fd_listener, 0);

	if (!r)
		return;
	if (!is_ours(r->protocol))
		image_mismatch(im, -EPROTONOSUPPORT, o->path, "protocol %u does not listen", r->protocol);
	if (r->family != AF_INET && r->family != AF_INET6)
		image_mismatch(im, -EAFNOSUPPORT, o->path, "family %u", r->family);
	else
		listener_queue_check(im, o, r);
	sockopts_check_beside(im, o, LISTENER_OPTIONS, owner);
}

/* Connections of before, which end by themselves, must not keep us from the address. */
static int bind_again(int fd, const struct crfs_fd_listener *r)
{
	int reuse = sock_int(fd, SOL_SOCKET, SO_REUSEADDR), one = 1, rc;
	union tcp_addr a;
	socklen_t len = fill(r, &a);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	rc = bind(fd, &a.sa, len) < 0 || listen(fd, r->backlog) < 0 ? -errno : 0;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)) < 0 && !rc)
		rc = -errno;
	return rc;
}

static int listener_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_fd_listener *r = image_rec(o, &res_fd_listener, 0);
	char text[INET6_ADDRSTRLEN] = "?";
	int rc;

	o->fd = socket(r->family, SOCK_STREAM | SOCK_CLOEXEC, r->protocol);
	if (o->fd < 0)
		return fail_on(rs->err, -errno, o->path, "socket of protocol %u", r->protocol);
	rc = sockopt_owner_put(rs, o, LISTENER_OPTIONS, o->fd) ?: sockopts_put(rs, o, LISTENER_OPTIONS, o->fd);
	if (rc)
		return rc;
	if (r->congestion.len && setsockopt(o->fd, IPPROTO_TCP, TCP_CONGESTION, r->congestion.p,
					    r->congestion.len) < 0)
		return fail_on(rs->err, -errno, o->path, "congestion control %.*s",
			       r->congestion.len, r->congestion.p);
	rc = epoll_fire(rs, o, o->fd);	/* what is closed says that it is hung up */
	if (rc)
		return rc;
	rc = bind_again(o->fd, r);
	if (rc == -EADDRINUSE) {
		tcp_make_way(rs->im, r->port);
		rc = bind_again(o->fd, r);
	}
	inet_ntop(r->family, r->addr, text, sizeof(text));
	if (rc)
		return fail_on(rs->err, rc, o->path, "listening on %s port %u: who has it?", text,
			       r->port);
	return file_made(rs, o, o->fd);
}

const struct resource res_fd_listener = {
	.name = "listener",
	.scope = PER_FILE,
	.fires = true,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_listener_shape, &crfs_sockopt_shape,
						      &crfs_waiting_shape, NULL },
	.match = listener_match,
	.read = listener_read,
	.check = listener_check,
	.make = listener_make,
	.join = listener_fill,	/* where no TCP socket did that before */
};
