// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A datagram that a UDP socket has begun and not sent (UDP_CORK, MSG_MORE): what of it is there, and where it goes. No
 * system call tells, so the kernel's memory is looked at (kmem_cork.h). It is begun again with MSG_MORE, with what that one
 * call had asked for. Refused: options of IP, a time to send it, a mark of that one call.
 */
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sockios.h>

#include <crfs/res/inode/corked.h>

#include "fdroom.h"
#include "inet.h"
#include "kmem_cork.h"
#include "res/inode/corked.h"
#include "res/ns/net_links.h"
#include "rooms.h"
#include "sock_net.h"
#include "sockopt.h"

#define MOST 65535

/** struct corked - @data is malloc'ed, until the tree has it */
struct corked {
	struct crfs_corked r;
	char *data;
};

static bool of_udp(const struct file *f)
{
	return f->sock.type == SOCK_DGRAM && (f->sock.protocol == IPPROTO_UDP || f->sock.protocol == IPPROTO_UDPLITE);
}

static struct kmem *look(struct snap *s, const struct file *f, uint64_t *sk, struct kmem_cork *c)
{
	int bytes = 0, rc, raw = f->sock.type == SOCK_RAW ? f->sock.domain : 0;
	struct kmem *k;

	c->family = 0;
	if (s->live || (!of_udp(f) && !raw) || ioctl(f->dup, SIOCOUTQ, &bytes) < 0 || !bytes)
		return NULL;
	k = snap_kmem(s, &rc);
	if (!k || kmem_socket(k, f->dup, sk) || kmem_cork(k, *sk, raw, c) || !c->family || c->odd ||
	    c->mark != (uint32_t)sock_int(f->dup, SOL_SOCKET, SO_MARK))
		return NULL;
	return k;
}

bool corked_can(struct snap *s, const struct file *f)
{
	struct kmem_cork c;
	uint64_t sk;

	return look(s, f, &sk, &c);
}

static struct crfs_corked record_of(struct snap *s, const struct file *f, const struct kmem_cork *c)
{
	bool v4 = c->family == AF_INET;
	struct crfs_corked r = { .family = c->family, .to_port = ntohs(c->port), .ttl = c->ttl, .tos = c->tos,
				 .segment = c->segment, .len = c->len, .interface = inet_ifname(s, c->oif) };

	memcpy(r.to, c->to, sizeof(r.to));
	memcpy(r.from, c->from, sizeof(r.from));
	/* To say it would change the priority, too. */
	if (r.tos == sock_int(f->dup, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS))
		r.tos = -1;
	return r;
}

int corked_show(struct snap *s, const struct file *f, struct text *out)
{
	struct kmem_cork c;
	uint64_t sk;
	struct kmem *k = look(s, f, &sk, &c);
	struct corked *is;
	struct inode *n;
	int rc;

	if (!k)
		return 0;
	n = snap_inode(s, &res_inode_corked, ~f->st.st_dev - 16, f->st.st_ino, -1);
	is = n ? pool_alloc(&s->pool, sizeof(*is)) : NULL;
	if (!is)
		return fail(s->err, -ENOMEM, "a corked datagram");
	*is = (struct corked){ record_of(s, f, &c), malloc(c.len + 1) };
	rc = is->data ? kmem_cork_data(k, sk, &c, is->data) : -ENOMEM;
	if (rc)
		return fail_on(s->err, rc, file_obj(s, f), "the datagram that is corked in it");
	n->priv = is;
	sockopt_row(out, CORKED, n->id);
	return 0;
}

static int corked_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *n = obj;
	struct corked *is = n->priv;
	char *data = is->data;

	is->data = NULL;
	text_section(out, &crfs_corked_shape);
	text_rec(out, &crfs_corked_shape, &is->r);
	return tree_text(s->tree, n->dir, "data", data, is->r.len) ? 0 : -ENOMEM;
}

static void corked_check(struct image *im, struct iobj *o)
{
	const struct crfs_corked *r = image_rec(o, &res_inode_corked, 0);
	const struct node *data = tree_find(im->tree, o->node, "data");

	if (!r)
		return;
	if (r->family != AF_INET && r->family != AF_INET6)
		image_mismatch(im, -EAFNOSUPPORT, o->path, "family %u", r->family);
	if (!data || data->size != r->len || r->len > MOST)
		image_mismatch(im, -EINVAL, o->path, "data has %lld bytes, status says %u", data ? (long long)data->size : 0,
			       r->len);
	if (r->tos < -1 || r->tos > 255)
		image_mismatch(im, -EINVAL, o->path, "tos %d: no packet is like that", r->tos);
}

static void add(struct msghdr *m, int level, int type, const void *what, size_t len)
{
	struct cmsghdr *c = (void *)((char *)m->msg_control + m->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), what, len);
	m->msg_controllen += CMSG_SPACE(len);
}

static void add_v4(struct msghdr *m, const struct crfs_corked *r)
{
	struct in_pktinfo info = { .ipi_ifindex = inet_ifindex(&r->interface) };
	int ttl = r->ttl, tos = r->tos;

	memcpy(&info.ipi_spec_dst, r->from, sizeof(info.ipi_spec_dst));
	add(m, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	if (ttl)
		add(m, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	if (tos >= 0)
		add(m, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
}

static void add_v6(struct msghdr *m, const struct crfs_corked *r)
{
	struct in6_pktinfo info = { .ipi6_ifindex = inet_ifindex(&r->interface) };
	int ttl = r->ttl, tos = r->tos;

	memcpy(&info.ipi6_addr, r->from, sizeof(info.ipi6_addr));
	add(m, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	add(m, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof(ttl));
	if (tos >= 0)
		add(m, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
}

static int begin(const struct crfs_corked *r, char *data, int fd)
{
	char control[256] __attribute__((aligned(8))) = { 0 };
	union inet_addr to;
	struct iovec iov = { data, r->len };
	struct msghdr m = { .msg_name = &to, .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	ssize_t n;

	m.msg_namelen = inet_fill(&to, r->family, r->to, r->to_port, inet_ifindex(&r->interface));
	if (r->family == AF_INET)
		add_v4(&m, r);
	else
		add_v6(&m, r);
	if (r->segment)
		add(&m, IPPROTO_UDP, UDP_SEGMENT, &r->segment, sizeof(r->segment));
	n = sendmsg(fd, &m, MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 ? -errno : n == (ssize_t)r->len ? 0 : -EIO;
}

int corked_put(struct restore *rs, struct iobj *o, int64_t id, int fd)
{
	struct iobj *n = image_obj(rs->im, IOBJ_INODE, id);
	const struct crfs_corked *r = n && n->room == &res_inode_corked ? image_rec(n, &res_inode_corked, 0) : NULL;
	struct node *data = r ? tree_find(rs->im->tree, n->node, "data") : NULL;
	char *buf = data ? malloc(r->len + 1) : NULL;
	int rc = buf ? 0 : -ENOMEM;

	if (!rc && node_pread(data, buf, r->len, 0) != (ssize_t)r->len)
		rc = -EIO;
	if (!rc)
		rc = begin(r, buf, fd);
	free(buf);
	return rc ? fail_on(rs->err, rc, o->path, "beginning the datagram inodes/%lld again: is there a route?",
			    (long long)id) : 0;
}

const struct resource res_inode_corked = {
	.name = "corked",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_corked_shape, NULL },
	.payloads = (const char *const[]){ "data", NULL },
	.read = corked_read,
	.check = corked_check,
};
