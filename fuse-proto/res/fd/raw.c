// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Raw sockets of IPv4 and IPv6 (fd/raw), and those of ICMP echo (fd/ping).
 *
 * To whom they are connected tells /proc/net/raw and icmp, as getpeername(2) wants a port. Packets
 * that wait cannot be looked at behind the first, as SO_PEEK_OFF is not for these: they are lost, as
 * in a full buffer. What a raw socket has begun and not sent (MSG_MORE) is begun anew. A ping socket is made in the group that owns it, which ping_group_range must
 * have.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/fd/ping.h>
#include <crfs/res/fd/raw.h>

#include "fdroom.h"
#include "inet.h"
#include "peek.h"
#include "res/inode/corked.h"
#include "rooms.h"
#include "sockopt.h"

#define GROUPS 1	/* sections */
#define OPTIONS 2

static int inet_type(const struct file *f)
{
	return f->sock.domain == AF_INET || f->sock.domain == AF_INET6 ? f->sock.type : -1;
}

static bool raw_match(const struct file *f)
{
	return inet_type(f) == SOCK_RAW;
}

static bool ping_match(const struct file *f)
{
	int protocol = inet_type(f) == SOCK_DGRAM ? f->sock.protocol : -1;

	return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static int read_one(struct snap *s, struct file *f, const char *table, struct text *out)
{
	struct crfs_fd_inet r = { .family = 0 };
	int rc = inet_read(s, f, &r);

	if (!rc && !r.connected)
		rc = inet_peer(s, f, table, &r);
	/* Who is bound to nothing is not listed. */
	if (rc && rc != -ENOENT)
		return rc;
	if (!s->live && sock_queued(f->dup))
		snap_lost(s, file_obj(s, f), "packets that wait to be received");
	text_section(out, &crfs_fd_inet_shape);
	text_rec(out, &crfs_fd_inet_shape, &r);
	rc = inet_groups_read(s, f, out) ?: sockopts_read(s, f, out) ?: corked_show(s, f, out);
	if (!rc)
		inet_error_read(s, f, &r, out);
	return rc;
}

static int raw_read(struct snap *s, void *obj, struct text *out)
{
	return read_one(s, obj, "raw", out);
}

static int ping_read(struct snap *s, void *obj, struct text *out)
{
	return read_one(s, obj, "icmp", out);
}

static void check_one(struct image *im, struct iobj *o)
{
	static const char *const beside[] = { CORKED, NULL };
	const struct crfs_fd_inet *r = image_rec(o, o->room, 0);
	int64_t corked = sockopt_value(o, OPTIONS, CORKED, 0);

	inet_check(im, o, 0);
	sockopts_check_beside(im, o, OPTIONS, o->room == &res_fd_raw ? beside : NULL);
	if (corked)
		inode_check(im, o, corked, &res_inode_corked);
	if (r && r->queue)
		image_mismatch(im, -EINVAL, o->path, "queue %u: such a socket has none", r->queue);
}

static void raw_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_inet *r = image_rec(o, o->room, 0);

	check_one(im, o);
	if (r && (!r->protocol || r->port != (uint16_t)r->protocol))
		image_mismatch(im, -EINVAL, o->path, "port %u is not protocol %u", r->port, r->protocol);
}

static void ping_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_inet *r = image_rec(o, o->room, 0);

	check_one(im, o);
	if (r && r->protocol != (r->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		image_mismatch(im, -EINVAL, o->path, "protocol %u is not ICMP", r->protocol);
}

/* The owner has the right to it by his group. */
static int socket_of(const struct crfs_fd_inet *r, int type)
{
	gid_t gid = getegid();
	int fd, rc;

	if (type == SOCK_DGRAM)
		syscall(SYS_setresgid, -1, r->gid, -1);
	fd = socket(r->family, type | SOCK_CLOEXEC, r->protocol);
	rc = fd < 0 ? -errno : 0;
	if (type == SOCK_DGRAM)
		syscall(SYS_setresgid, -1, gid, -1);
	return rc ? rc : fd;
}

static int make_one(struct restore *rs, struct iobj *o, int type)
{
	static const uint8_t any[16];
	const struct crfs_fd_inet *r = image_rec(o, o->room, 0);
	bool named = memcmp(r->addr, any, sizeof(any)) || (type == SOCK_DGRAM && r->port);
	union inet_addr a;
	socklen_t len = inet_fill(&a, r->family, r->addr, r->port, r->scope);
	int64_t corked = sockopt_value(o, OPTIONS, CORKED, 0);
	int rc;

	o->fd = socket_of(r, type);
	if (o->fd < 0)
		return fail_on(rs->err, o->fd, o->path, "socket: %s", type == SOCK_DGRAM ?
			       "let sysctl net.ipv4.ping_group_range have its group" : "needs CAP_NET_RAW");
	if (fchown(o->fd, r->uid, r->gid) < 0)
		return fail_on(rs->err, -errno, o->path, "its owner");
	rc = sockopts_put(rs, o, OPTIONS, o->fd);
	if (!rc && named && bind(o->fd, &a.sa, len) < 0)
		rc = fail_on(rs->err, -errno, o->path, "binding it: is the address here?");
	if (!rc)
		rc = inet_groups_put(rs, o, GROUPS, o->fd);
	if (!rc && corked)
		rc = corked_put(rs, o, corked, o->fd);
	if (!rc)
		rc = inet_finish(rs, o, r, o->fd);
	return rc ? rc : file_made(rs, o, o->fd);
}

static int raw_make(struct restore *rs, struct iobj *o)
{
	return make_one(rs, o, SOCK_RAW);
}

static int ping_make(struct restore *rs, struct iobj *o)
{
	return make_one(rs, o, SOCK_DGRAM);
}

static const struct crfs_shape *const shapes[] = {
	&crfs_fd_inet_shape, &crfs_inet_group_shape, &crfs_sockopt_shape, NULL,
};

const struct resource res_fd_raw = {
	.name = "raw",
	.scope = PER_FILE,
	.shapes = shapes,
	.match = raw_match,
	.read = raw_read,
	.check = raw_check,
	.make = raw_make,
};

const struct resource res_fd_ping = {
	.name = "ping",
	.scope = PER_FILE,
	.shapes = shapes,
	.match = ping_match,
	.read = ping_read,
	.check = ping_check,
	.make = ping_make,
};
