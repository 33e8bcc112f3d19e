// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packet sockets: protocol, interface, what the interface lets in for it, options, filter.
 *
 * From getsockname(2), options and sock_diag(7), which has the groups and what rings there are
 * (PACKET_MMAP, inode/packet_ring.c). Packets that wait are lost, as in a full buffer, and
 * so are times of those that were sent (SO_TIMESTAMPING, in its error queue) and that its interface is down. Bound last, so that
 * nothing comes in that a filter would not have let in; then it joins its fanout group, PACKET_FANOUT,
 * which the first makes. One that distributes by a program is refused, as nobody can read that.
 * One with rings has been made with them, and has a filter of ours, which holds until its own does.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <crfs/res/fd/packet.h>

#include "fdroom.h"
#include "inet.h"
#include "peek.h"
#include "rooms.h"
#include "res/inode/packet_ring.h"
#include "res/ns/net_links.h"
#include "sock_error.h"
#include "sock_net.h"
#include "sockopt.h"

#define GROUPS 1	/* sections */
#define OPTIONS 2
#define FILTER "so_attach_filter"
#define FANOUT "packet_fanout"	/* among them: number and kind of the fanout group, as PACKET_FANOUT has it */

/** struct diag - what sock_diag says of socket @ino; @ring: by enum crfs_packet_ring_kind; no block_nr: there is none */
struct diag {
	uint32_t ino;
	bool found;
	struct packet_diag_ring ring[2];
	struct packet_diag_mclist groups[64];
	size_t nr_groups;
};

static bool packet_match(const struct file *f)
{
	return f->sock.domain == AF_PACKET && f->sock.type != SOCK_PACKET;
}

static void take_attr(struct diag *d, const struct nlattr *a)
{
	size_t n = (a->nla_len - NLA_HDRLEN) / sizeof(d->groups[0]);

	switch (a->nla_type) {
	case PACKET_DIAG_MCLIST:
		d->nr_groups = n < 64 ? n : 64;
		memcpy(d->groups, (const char *)a + NLA_HDRLEN, d->nr_groups * sizeof(d->groups[0]));
		break;
	case PACKET_DIAG_RX_RING:
	case PACKET_DIAG_TX_RING:
		if (a->nla_len >= NLA_HDRLEN + sizeof(d->ring[0]))
			memcpy(&d->ring[a->nla_type == PACKET_DIAG_TX_RING], (const char *)a + NLA_HDRLEN,
			       sizeof(d->ring[0]));
		break;
	}
}

static void take_msg(struct diag *d, const struct nlmsghdr *h)
{
	const struct packet_diag_msg *m = NLMSG_DATA(h);
	const char *p = (const char *)(m + 1), *end = (const char *)h + h->nlmsg_len;

	if (m->pdiag_ino != d->ino)
		return;
	d->found = true;
	while (p + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const void *)p;

		if (a->nla_len < NLA_HDRLEN)
			break;
		take_attr(d, a);
		p += NLA_ALIGN(a->nla_len);
	}
}

static int read_answer(int nl, struct diag *d)
{
	char buf[32768] __attribute__((aligned(8)));
	const struct nlmsghdr *h = (const void *)buf;
	ssize_t n = recv(nl, buf, sizeof(buf), 0);

	if (n < 0)
		return -errno;
	for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)NLMSG_DATA(h))->error ?: -EIO;
		take_msg(d, h);
	}
	return 0;
}

static int ask(struct diag *d)
{
	struct {
		struct nlmsghdr h;
		struct packet_diag_req r;
	} q = {
		.h = { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .sdiag_family = AF_PACKET, .pdiag_ino = d->ino,
		       .pdiag_show = PACKET_SHOW_MCLIST | PACKET_SHOW_RING_CFG },
	};
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), rc = 0;

	if (nl < 0)
		return -errno;
	if (send(nl, &q, sizeof(q), 0) < 0)
		rc = -errno;
	while (!rc)
		rc = read_answer(nl, d);
	close(nl);
	return rc < 0 ? rc : d->found ? 0 : -ENOENT;
}

static int read_diag(struct snap *s, const struct file *f, struct diag *d)
{
	int rc = ask(d);

	if (rc)
		snap_unsupported(s, rc, file_obj(s, f), "sock_diag of a packet socket: modprobe packet_diag");
	if (d->nr_groups == 64)
		snap_unsupported(s, -E2BIG, file_obj(s, f), "the packet socket is in more groups than can "
				 "be asked for");
	return 0;
}

static void emit_groups(struct snap *s, const struct diag *d, struct text *out)
{
	struct crfs_packet_group g;
	size_t i;

	text_section(out, &crfs_packet_group_shape);
	/* the newest stands first there */
	for (i = d->nr_groups; i-- > 0;) {
		const struct packet_diag_mclist *m = &d->groups[i];

		g = (struct crfs_packet_group){ .interface = inet_ifname(s, m->pdmc_index),
						.type = m->pdmc_type, .count = m->pdmc_count,
						.len = m->pdmc_alen };
		memcpy(g.address, m->pdmc_addr, g.len < sizeof(g.address) ? g.len : sizeof(g.address));
		text_rec(out, &crfs_packet_group_shape, &g);
	}
}

static bool by_program(uint32_t fanout)
{
	uint8_t kind = fanout >> 16;

	return kind == PACKET_FANOUT_CBPF || kind == PACKET_FANOUT_EBPF;
}

static void read_fanout(struct snap *s, const struct file *f, struct text *out)
{
	uint32_t fanout = sock_int(f->dup, SOL_PACKET, PACKET_FANOUT);

	if (fanout && by_program(fanout))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "the packet socket is in a fanout group with a program "
				 "(PACKET_FANOUT_DATA), which cannot be read: let the program do without");
	else if (fanout && fanout != UINT32_MAX)	/* -1: it cannot be asked */
		sockopt_row(out, FANOUT, fanout);
}

static int packet_read(struct snap *s, void *obj, struct text *out)
{
	struct file *f = obj;
	struct crfs_fd_packet r = { .uid = f->st.st_uid, .gid = f->st.st_gid };
	struct diag d = { .ino = f->st.st_ino };
	struct sockaddr_ll a = { .sll_ifindex = 0 };
	socklen_t len = sizeof(a);
	int rc;

	if (getsockname(f->dup, (struct sockaddr *)&a, &len) < 0)
		return fail_on(s->err, -errno, file_obj(s, f), "getsockname");
	read_diag(s, f, &d);
	r.socktype = f->sock.type;
	r.protocol = ntohs(a.sll_protocol);
	r.interface = inet_ifname(s, a.sll_ifindex);
	if (a.sll_ifindex && !r.interface.len)
		snap_unsupported(s, -ENODEV, file_obj(s, f), "its interface %d is gone: let the program "
				 "close it", a.sll_ifindex);
	if (!s->live && sock_queued(f->dup))
		snap_lost(s, file_obj(s, f), "packets that wait to be received");
	if (!s->live && sock_error_waits(f->dup))
		sock_error_name(s, f);
	text_section(out, &crfs_fd_packet_shape);
	text_rec(out, &crfs_fd_packet_shape, &r);
	emit_groups(s, &d, out);
	rc = sockopts_read(s, f, out);
	read_fanout(s, f, out);
	return rc ?: packet_ring_show(s, f, d.ring[CRFS_RING_RX].pdr_block_nr ? &d.ring[CRFS_RING_RX] : NULL,
				      d.ring[CRFS_RING_TX].pdr_block_nr ? &d.ring[CRFS_RING_TX] : NULL, out);
}

static void check_interface(struct image *im, struct iobj *o, const struct crfs_str *name)
{
	if (name->len && !net_link_here(im, sock_net_id(im, o), name))
		image_mismatch(im, -ENODEV, o->path, "interface %.*s is not here: make it", name->len,
			       name->p);
}

static void packet_check(struct image *im, struct iobj *o)
{
	const struct crfs_fd_packet *r = image_rec(o, &res_fd_packet, 0);
	size_t n, i;
	const struct crfs_packet_group *g = image_recs(o, &res_fd_packet, GROUPS, &n);
	int64_t fanout;

	if (r && r->socktype != SOCK_RAW && r->socktype != SOCK_DGRAM)
		image_mismatch(im, -EINVAL, o->path, "socktype %u", r->socktype);
	if (r)
		check_interface(im, o, &r->interface);
	for (i = 0; i < n; i++) {
		check_interface(im, o, &g[i].interface);
		if (!g[i].interface.len || g[i].len > sizeof(g[i].address) || !g[i].count)
			image_mismatch(im, -EINVAL, o->path, "group %zu: no interface, no count or a "
				       "long address", i);
	}
	sockopts_check_beside(im, o, OPTIONS, (const char *const[]){ FANOUT, PACKET_RING, NULL });
	packet_ring_check(im, o, sockopt_value(o, OPTIONS, PACKET_RING, 0));
	fanout = sockopt_value(o, OPTIONS, FANOUT, 1);
	if (fanout < 1 || fanout > UINT32_MAX || by_program(fanout))
		image_mismatch(im, -EINVAL, o->path, "fanout group %lld: no such can be made", (long long)fanout);
}

static int join_fanout(struct restore *rs, struct iobj *o)
{
	uint32_t fanout = sockopt_value(o, OPTIONS, FANOUT, 0);

	if (!fanout || setsockopt(o->fd, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof(fanout)) == 0)
		return 0;
	return fail_on(rs->err, -errno, o->path, "joining fanout group %u: who has it, and is the interface up?",
		       fanout & 0xffff);
}

static int put_groups(struct restore *rs, struct iobj *o)
{
	size_t n, i, k;
	const struct crfs_packet_group *g = image_recs(o, &res_fd_packet, GROUPS, &n);

	for (i = 0; i < n; i++) {
		struct packet_mreq m = { .mr_ifindex = inet_ifindex(&g[i].interface),
					 .mr_type = g[i].type, .mr_alen = g[i].len };

		memcpy(m.mr_address, g[i].address, sizeof(m.mr_address));
		for (k = 0; k < g[i].count; k++)
			if (setsockopt(o->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) < 0)
				return fail_on(rs->err, -errno, o->path, "PACKET_ADD_MEMBERSHIP on %.*s",
					       g[i].interface.len, g[i].interface.p);
	}
	return 0;
}

int packet_open(struct restore *rs, struct iobj *o, int *fd)
{
	const struct crfs_fd_packet *r = image_rec(o, &res_fd_packet, 0);

	*fd = socket(AF_PACKET, r->socktype | SOCK_CLOEXEC, 0);
	if (*fd < 0 || fchown(*fd, r->uid, r->gid) < 0)
		return fail_on(rs->err, -errno, o->path, "a packet socket: needs CAP_NET_RAW");
	return sockopts_put_first(rs, o, OPTIONS, *fd);
}

static int bind_it(struct restore *rs, const struct iobj *o)
{
	const struct crfs_fd_packet *r = image_rec(o, &res_fd_packet, 0);
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(r->protocol),
				 .sll_ifindex = inet_ifindex(&r->interface) };

	if ((!r->protocol && !r->interface.len) || bind(o->fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return 0;
	return fail_on(rs->err, -errno, o->path, "binding it to interface %.*s", r->interface.len, r->interface.p);
}

/* Our filter lets nothing in, until its own takes that place. */
static int finish_ring(struct restore *rs, struct iobj *o, struct iobj *n)
{
	int none = 0, rc;

	o->fd = fcntl(n->fd, F_DUPFD_CLOEXEC, 0);
	if (o->fd < 0)
		return fail_on(rs->err, -errno, o->path, "a duplicate of a packet socket");
	rc = put_groups(rs, o) ?: bind_it(rs, o);
	if (!rc && !sockopt_value(o, OPTIONS, FILTER, 0) &&
	    setsockopt(o->fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)) < 0 && errno != ENOENT)
		rc = fail_on(rs->err, -errno, o->path, "SO_DETACH_FILTER");
	return rc ?: sockopts_put_late(rs, o, OPTIONS, o->fd);
}

static int packet_make(struct restore *rs, struct iobj *o)
{
	struct iobj *n = packet_ring_of(rs->im, o);
	int rc;

	if (n)
		rc = finish_ring(rs, o, n);
	else
		rc = packet_open(rs, o, &o->fd) ?: sockopts_put_late(rs, o, OPTIONS, o->fd) ?: put_groups(rs, o) ?:
		     bind_it(rs, o);
	if (!rc)
		rc = join_fanout(rs, o);
	return rc ? rc : file_made(rs, o, o->fd);
}

const struct resource res_fd_packet = {
	.name = "packet",
	.scope = PER_FILE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_fd_packet_shape, &crfs_packet_group_shape,
						      &crfs_sockopt_shape, NULL },
	.match = packet_match,
	.read = packet_read,
	.check = packet_check,
	.make = packet_make,
};
