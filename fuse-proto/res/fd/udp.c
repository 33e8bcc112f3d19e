// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP and UDP-Lite sockets, with what waits in them.
 *
 * Putting back: all of them together, the first one asked for makes all. Each is bound and then
 * gets its datagrams at once, the less particular ones first, and none is connected before all
 * have theirs: of two sockets that could take a datagram the kernel prefers the more particular,
 * and of equal ones the newest; in a group of SO_REUSEPORT a program says which. Until all is done
 * a filter keeps everything else out, so what is new comes behind what is old.
 *
 * Lost: whether the address was bound or chosen by connect(2); the program of a group of SO_REUSEPORT, which nobody
 * can read. An error of a connected one that it has not yet told is told once more by ICMP (inet_error.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <crfs/icmp_errors.h>
#include <crfs/res/fd/udp.h>

#include "fdroom.h"
#include "inet.h"
#include "res/inode/corked.h"
#include "res/inode/datagrams.h"
#include "rooms.h"
#include "sock_net.h"
#include "sockopt.h"

#define UDPLITE 136
#define BUF_LOCK 72			/* SO_BUF_LOCK, Linux 5.14 */
#define DETACH_REUSEPORT_BPF 68		/* Linux 5.3 */
#define OPTIONS 2			/* its section */
#define ROOMY (64 << 20)

static bool is_inet(const struct file *f, int type)
{
	return (f->sock.domain == AF_INET || f->sock.domain == AF_INET6) && f->sock.type == type;
}

static bool udp_match(const struct file *f)
{
	int protocol = is_inet(f, SOCK_DGRAM) ? f->sock.protocol : -1;

	return protocol == IPPROTO_UDP || protocol == UDPLITE;
}

static int udp_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_fd_inet r = { .family = 0 };
	struct file *f = obj;
	int rc = inet_read(s, f, &r);

	if (!rc)
		rc = datagrams_inode(s, f, r.family, &r.queue);
	if (rc)
		return rc;
	text_section(out, &crfs_fd_inet_shape);
	text_rec(out, &crfs_fd_inet_shape, &r);
	rc = inet_groups_read(s, f, out) ?: sockopts_read(s, f, out) ?: corked_show(s, f, out);
	if (!rc)
		inet_error_read(s, f, &r, out);
	return rc;
}

/* Does the buffer hold so much? One datagram more than that is taken; headers take their part. */
static void check_queue(struct image *im, struct iobj *o, uint32_t id)
{
	int64_t most = sockopt_value(o, OPTIONS, "so_rcvbuf", ROOMY), sum;

	inode_check(im, o, id, &res_inode_datagrams);
	datagrams_check_where(im, id, sock_net_id(im, o));
	sum = datagrams_size(im, id);
	if (sum > (most < ROOMY ? most : ROOMY) + 2 * 65536)
		image_mismatch(im, -EINVAL, o->path, "datagrams of %lld bytes do not fit in its buffer of "
			       "%lld", (long long)sum, (long long)most);
}

static void udp_check(struct image *im, struct iobj *o)
{
	static const char *const beside[] = { CRFS_SO_ERROR, CORKED, NULL };
	const struct crfs_fd_inet *r = image_rec(o, &res_fd_udp, 0);
	int64_t corked;

	inet_check(im, o, 0);
	sockopts_check_beside(im, o, OPTIONS, beside);
	if (!r)
		return;
	inet_error_check(im, o, r, OPTIONS);
	corked = sockopt_value(o, OPTIONS, CORKED, 0);
	if (corked)
		inode_check(im, o, corked, &res_inode_corked);
	if (r->protocol != IPPROTO_UDP && r->protocol != UDPLITE)
		image_mismatch(im, -EINVAL, o->path, "protocol %u is not UDP", r->protocol);
	if (r->queue)
		check_queue(im, o, r->queue);
	if (!r->port && (r->queue || r->connected))
		image_mismatch(im, -EINVAL, o->path, "it is not bound to a port, and %s",
			       r->queue ? "datagrams wait in it" : "is connected");
}

/** struct one - a socket being made; @rcvbuf, @locked: of its buffer, before it was made roomy */
struct one {
	struct iobj *o;
	const struct crfs_fd_inet *r;
	int particular, rcvbuf, locked;
};

/** struct batch - all of them */
struct batch {
	struct one *v;
	size_t n;
	uint16_t nonce;
};

static bool any_addr(const struct crfs_fd_inet *r)
{
	static const uint8_t any[16];

	return !memcmp(r->addr, any, sizeof(any));
}

static bool has_device(const struct iobj *o)
{
	return sockopt_value(o, OPTIONS, "so_bindtoifindex", 0);
}

static int by_particular(const void *a, const void *b)
{
	const struct one *x = a, *y = b;

	if (x->particular != y->particular)
		return x->particular - y->particular;
	return x->o->id < y->o->id ? -1 : x->o->id > y->o->id;
}

static bool same_name(const struct crfs_fd_inet *a, const struct crfs_fd_inet *b)
{
	return a->family == b->family && a->protocol == b->protocol && a->port == b->port &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr));
}

/* Let the group of SO_REUSEPORT choose the one that was bound last: @b->v[@i]. */
static int choose(const struct batch *b, size_t i)
{
	struct sock_filter ret = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { 1, &ret };
	int fd = b->v[i].o->fd;
	size_t k;

	if (sock_int(fd, SOL_SOCKET, SO_REUSEPORT) != 1)
		return 0;
	for (k = 0; k < i; k++)
		if (same_name(b->v[k].r, b->v[i].r) && sock_net_key(b->v[k].o) == sock_net_key(b->v[i].o) &&
		    sock_int(b->v[k].o->fd, SOL_SOCKET, SO_REUSEPORT) == 1)
			ret.k++;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

static int make_roomy(struct one *one)
{
	int size = ROOMY;

	one->rcvbuf = sock_int(one->o->fd, SOL_SOCKET, SO_RCVBUF);
	one->locked = sock_int(one->o->fd, SOL_SOCKET, BUF_LOCK);
	return setsockopt(one->o->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ? -errno : 0;
}

static void make_as_it_was(const struct one *one)
{
	int size = one->rcvbuf / 2;

	setsockopt(one->o->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (one->locked >= 0)
		setsockopt(one->o->fd, SOL_SOCKET, BUF_LOCK, &one->locked, sizeof(one->locked));
}

/*
 * bind(2) to an address of IPv6 makes it IPV6_V6ONLY. One that is not has got its address from connect(2), and gets it
 * there again.
 */
static bool named_by_connect(const struct iobj *o, const struct crfs_fd_inet *r)
{
	return r->family == AF_INET6 && r->connected && !IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)r->addr) &&
	       !sockopt_value(o, OPTIONS, "ipv6_v6only", 0);
}

static int create(struct restore *rs, struct batch *b, size_t i)
{
	struct iobj *o = b->v[i].o;
	const struct crfs_fd_inet *r = b->v[i].r;
	union inet_addr a;
	socklen_t len = inet_fill(&a, r->family, r->addr, r->port, r->scope);
	int rc;

	if (named_by_connect(o, r))
		a.in6.sin6_addr = in6addr_any;
	o->fd = socket(r->family, SOCK_DGRAM | SOCK_CLOEXEC, r->protocol);
	if (o->fd < 0 || fchown(o->fd, r->uid, r->gid) < 0)
		return fail_on(rs->err, -errno, o->path, "socket");
	rc = sockopts_put_first(rs, o, OPTIONS, o->fd);
	if (rc)
		return rc;
	rc = datagrams_guard(o->fd, r->queue ? b->nonce : 0);
	if (!rc && r->queue)
		rc = make_roomy(&b->v[i]);
	if (rc)
		return fail_on(rs->err, rc, o->path, "preparing its queue");
	if ((r->port || !any_addr(r)) && bind(o->fd, &a.sa, len) < 0)
		return fail_on(rs->err, -errno, o->path, "binding it to port %u: who has it?", r->port);
	if (!r->queue)
		return 0;
	rc = choose(b, i);
	if (!rc)
		rc = datagrams_send(rs, o, r->queue, o->fd, r->protocol, r->port, b->nonce);
	return rc ? rc : datagrams_guard(o->fd, 0);
}

static int finish(struct restore *rs, const struct one *one)
{
	int64_t corked = sockopt_value(one->o, OPTIONS, CORKED, 0);
	int fd = one->o->fd, zero = 0, rc;

	if (one->r->queue && sock_int(fd, SOL_SOCKET, SO_REUSEPORT) == 1)
		setsockopt(fd, SOL_SOCKET, DETACH_REUSEPORT_BPF, &zero, sizeof(zero));
	if (one->r->queue)
		make_as_it_was(one);
	rc = inet_groups_put(rs, one->o, 1, fd);
	if (!rc && corked)
		rc = corked_put(rs, one->o, corked, fd);
	if (!rc)
		rc = inet_finish(rs, one->o, one->r, fd);
	if (!rc)
		rc = inet_error_put(rs, one->o, one->r, OPTIONS);
	if (rc)
		return rc;
	if (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &zero, sizeof(zero)) < 0)
		return fail_on(rs->err, -errno, one->o->path, "SO_DETACH_FILTER");
	return sockopts_put_late(rs, one->o, OPTIONS, fd);
}

static int collect(struct restore *rs, struct batch *b)
{
	struct iobj *objs = rs->im->objs[IOBJ_FILE];
	size_t i, nr = rs->im->nr[IOBJ_FILE];

	b->v = calloc(nr, sizeof(*b->v));
	if (!b->v)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		struct one *one = &b->v[b->n];

		if (objs[i].room != &res_fd_udp)
			continue;
		*one = (struct one){ .o = &objs[i], .r = image_rec(&objs[i], &res_fd_udp, 0) };
		one->particular = 4 * one->r->connected + 2 * has_device(&objs[i]) + !any_addr(one->r);
		b->n++;
	}
	qsort(b->v, b->n, sizeof(*b->v), by_particular);
	if (getrandom(&b->nonce, sizeof(b->nonce), 0) < 0 || !b->nonce)
		b->nonce = 1;
	return 0;
}

static int make_all(struct restore *rs)
{
	struct batch b = { .n = 0 };
	int rc = collect(rs, &b);
	size_t i;

	for (i = 0; i < b.n && !rc; i++)
		rc = sock_net_enter(rs, b.v[i].o) ?: create(rs, &b, i);
	for (i = 0; i < b.n && !rc; i++)
		rc = sock_net_enter(rs, b.v[i].o) ?: finish(rs, &b.v[i]);
	free(b.v);
	return rc;
}

static int udp_make(struct restore *rs, struct iobj *o)
{
	int rc = o->fd < 0 ? make_all(rs) : 0;

	return rc ? rc : file_made(rs, o, o->fd);
}

const struct resource res_fd_udp = {
	.name = "udp",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_inet_shape, &crfs_inet_group_shape,
						      &crfs_sockopt_shape, NULL },
	.match = udp_match,
	.read = udp_read,
	.check = udp_check,
	.make = udp_make,
};
