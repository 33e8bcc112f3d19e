// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What waits in a UDP socket: datagrams with their senders, and where they were sent to.
 *
 * Read by peek_udp(), put back by datagrams_send(). What UDP_GRO has joined stands as the datagrams
 * that it was. Lost: when they arrived (SO_TIMESTAMP tells the time of the restore), IP options,
 * flow labels. Those sent to a group or to all are refused: on the way back everybody would get
 * them.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <crfs/res/inode/datagrams.h>

#include "fdroom.h"
#include "inet.h"
#include "peek.h"
#include "res/inode/datagrams.h"
#include "res/ns/net_links.h"
#include "rooms.h"
#include "sockopt.h"

/* An IPv4 packet has no more bytes, with its headers; one of IPv6 without that of IP. */
#define LARGEST(family) ((family) == AF_INET ? 65535 - 20 - 8 : 65535 - 8)

static bool to_many(const struct peeked *d)
{
	uint32_t be;

	memcpy(&be, d->to, sizeof(be));
	if (d->family == AF_INET6)
		return d->to[0] == 0xff;
	return IN_MULTICAST(ntohl(be)) || be == INADDR_BROADCAST;
}

static void name_obstacles(struct snap *s, const struct file *f, const struct peek *p)
{
	size_t i;

	for (i = 0; i < p->nr; i++) {
		if (to_many(&p->d[i])) {
			snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "a datagram that was sent to a "
					 "group or to all waits in it: let the program read it");
			return;
		}
	}
}

/* To look would take the error away. An error queue takes memory, too, with nothing to be received. */
static bool behind_error(struct snap *s, const struct file *f)
{
	struct pollfd p = { .fd = f->dup, .events = POLLIN };

	poll(&p, 1, 0);
	if ((p.revents & POLLERR) && (p.revents & POLLIN))
		snap_unsupported(s, -EBUSY, file_obj(s, f), "an error waits in it before what it has received: let the "
				 "program read it");
	return p.revents & POLLERR;
}

static void free_peek(void *p)
{
	peek_free(p);
}

int datagrams_inode(struct snap *s, struct file *f, unsigned int family, uint32_t *id)
{
	struct inode *n;
	struct peek *p;
	int rc;

	*id = 0;
	if (s->live || !sock_queued(f->dup) || behind_error(s, f))
		return 0;
	p = pool_alloc(&s->pool, sizeof(*p));
	rc = p ? peek_udp(f->dup, family, p) : -ENOMEM;
	if (rc == -E2BIG || rc == -EMSGSIZE) {
		snap_unsupported(s, rc, file_obj(s, f), "more waits in it than can be looked at: "
				 "let the program read it");
		return 0;
	}
	if (rc)
		return fail_on(s->err, rc, file_obj(s, f), "looking at what waits in it");
	if (!p->nr) {
		/* What is there all the same can only be empty ones that we have looked at before. */
		peek_free(p);
		snap_unsupported(s, -EAGAIN, file_obj(s, f), "empty datagrams wait in it: let the "
				 "program read them");
		return 0;
	}
	name_obstacles(s, f, p);
	n = snap_inode(s, &res_inode_datagrams, f->st.st_dev, f->st.st_ino, -1);
	if (!n) {
		peek_free(p);
		return fail(s->err, -ENOMEM, "datagrams");
	}
	n->priv = p;
	*id = n->id;
	return 0;
}

/* One that was joined of several comes as several; the last may be shorter. */
static void add_rows(struct snap *s, struct text *out, const struct peeked *d)
{
	struct crfs_datagram r = { .family = d->family, .from_port = d->from_port, .ttl = d->ttl,
				   .tos = d->tos, .interface = inet_ifname(s, d->ifindex) };
	uint32_t left = d->len;

	memcpy(r.from, d->from, sizeof(r.from));
	memcpy(r.to, d->to, sizeof(r.to));
	do {
		r.len = d->gso && left > d->gso ? d->gso : left;
		text_rec(out, &crfs_datagram_shape, &r);
		left -= r.len;
	} while (left);
}

static int datagrams_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct peek *p = n->priv;
	char *data = p->data;
	size_t i;

	text_section(out, &crfs_datagram_shape);
	for (i = 0; i < p->nr; i++)
		add_rows(s, out, &p->d[i]);
	p->data = NULL;
	i = p->len;
	free_peek(p);
	return tree_text(s->tree, n->dir, "data", data, i) ? 0 : -ENOMEM;
}

int64_t datagrams_size(const struct image *im, uint32_t id)
{
	const struct iobj *o = image_obj(im, IOBJ_INODE, id);
	const struct crfs_datagram *d;
	int64_t sum = 0;
	size_t n, i;

	if (!o || o->room != &res_inode_datagrams)
		return 0;
	d = image_recs(o, &res_inode_datagrams, 0, &n);
	for (i = 0; i < n; i++)
		sum += d[i].len + PEEK_LEAST;
	return sum;
}

static bool like_before(const struct crfs_datagram *d)
{
	return d->family == d[-1].family && !memcmp(d->to, d[-1].to, sizeof(d->to)) &&
	       d->interface.len == d[-1].interface.len &&
	       !memcmp(d->interface.p, d[-1].interface.p, d->interface.len);
}

/* In a namespace that is made again, that is seen when they are sent. */
static void check_where(struct image *im, const struct iobj *o, unsigned int net, const struct crfs_datagram *d,
			size_t i)
{
	unsigned int index = net_link_here(im, net, &d->interface);

	if (d->family != AF_INET && d->family != AF_INET6)
		image_mismatch(im, -EAFNOSUPPORT, o->path, "family %u", d->family);
	else if (d->interface.len && !index)
		image_mismatch(im, -ENODEV, o->path, "interface %.*s is not here: make it",
			       d->interface.len, d->interface.p);
	else if (!net && !inet_local(d->family, d->to, index))
		image_mismatch(im, -EADDRNOTAVAIL, o->path, "datagram %zu was sent to an address "
			       "that is not of this machine: add it", i);
}

void datagrams_check_where(struct image *im, uint32_t id, unsigned int net)
{
	const struct iobj *o = image_obj(im, IOBJ_INODE, id);
	const struct crfs_datagram *d;
	size_t n, i;

	if (!o || o->room != &res_inode_datagrams)
		return;
	d = image_recs(o, &res_inode_datagrams, 0, &n);
	for (i = 0; i < n; i++)
		if (!i || !like_before(&d[i]))
			check_where(im, o, net, &d[i], i);
}

static void datagrams_check(struct image *im, struct iobj *o)
{
	const struct node *data = tree_find(im->tree, o->node, "data");
	size_t n, i;
	const struct crfs_datagram *d = image_recs(o, &res_inode_datagrams, 0, &n);
	uint64_t sum = 0;

	for (i = 0; i < n; i++) {
		sum += d[i].len;
		if (d[i].len > (uint32_t)LARGEST(d[i].family))
			image_mismatch(im, -EMSGSIZE, o->path, "a datagram of %u bytes", d[i].len);
	}
	if (!n || !data || (uint64_t)data->size != sum)
		image_mismatch(im, -EINVAL, o->path, "data has %lld bytes, the datagrams have %llu",
			       data ? (long long)data->size : 0, (unsigned long long)sum);
}

const struct resource res_inode_datagrams = {
	.name = "datagrams",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_datagram_shape, NULL },
	.payloads = (const char *const[]){ "data", NULL },
	.read = datagrams_read,
	.check = datagrams_check,
};
