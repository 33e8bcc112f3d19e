// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Letting datagrams arrive again: as IP packets with the header that they had, over the loopback
 * interface, where no route is looked up for what arrives and so no sender is implausible.
 *
 * Nothing leaves the machine: what is not sent to an address of this machine is not sent. Nothing
 * comes in between: a filter drops all packets but ours, which it knows by their IP identification
 * or, of IPv6, their mark. That each has arrived is seen by the memory that the queue takes.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <crfs/res/inode/datagrams.h>

#include "fdroom.h"
#include "inet.h"
#include "peek.h"
#include "res/inode/datagrams.h"
#include "rooms.h"
#include "sockopt.h"

#define ARRIVE_MS 2000
#define PART 1232	/* bytes of a fragment: with its headers what IPv6 asks of any interface; 8 * n */

union packet {
	struct {
		struct ip ip;
		struct udphdr udp;
	} v4;
	struct {
		struct ip6_hdr ip;
		struct udphdr udp;
	} v6;
};

/** struct sender - @raw: of each family, -1 until it is needed */
struct sender {
	int raw[2];
	unsigned int protocol, port;
	uint16_t nonce;
	int fd;
};

int datagrams_guard(int fd, uint16_t nonce)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PROTOCOL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, SKF_NET_OFF + (int)offsetof(struct ip, ip_id)),
		BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_MARK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nonce, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, nonce ? 0xffffffff : 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(insns) / sizeof(insns[0]), insns };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

static uint32_t sum(const void *p, size_t len, uint32_t s)
{
	const uint8_t *b = p;

	for (; len > 1; b += 2, len -= 2) {
		s += b[0] << 8 | b[1];
		s = (s & 0xffff) + (s >> 16);
	}
	s += len ? b[0] << 8 : 0;
	return (s & 0xffff) + (s >> 16);
}

static void fill_udp(struct udphdr *u, const struct crfs_datagram *d, const struct sender *s,
		     const void *data)
{
	size_t addr = d->family == AF_INET ? 4 : 16;
	uint32_t c;

	u->source = htons(d->from_port);
	u->dest = htons(s->port);
	u->len = htons(d->len + sizeof(*u));
	c = sum(d->from, addr, s->protocol + d->len + sizeof(*u));
	c = sum(d->to, addr, c);
	c = sum(u, sizeof(*u), c);
	c = ~sum(data, d->len, c) & 0xffff;
	u->check = htons(c ? c : 0xffff);
}

static size_t fill(union packet *p, const struct crfs_datagram *d, const struct sender *s,
		   const void *data)
{
	memset(p, 0, sizeof(*p));
	if (d->family == AF_INET) {
		p->v4.ip = (struct ip){ .ip_v = 4, .ip_hl = 5, .ip_tos = d->tos, .ip_ttl = d->ttl,
					.ip_id = htons(s->nonce), .ip_p = s->protocol };
		memcpy(&p->v4.ip.ip_src, d->from, sizeof(p->v4.ip.ip_src));
		memcpy(&p->v4.ip.ip_dst, d->to, sizeof(p->v4.ip.ip_dst));
		fill_udp(&p->v4.udp, d, s, data);
		return sizeof(p->v4);
	}
	p->v6.ip.ip6_flow = htonl(6U << 28 | (uint32_t)d->tos << 20);
	p->v6.ip.ip6_plen = htons(d->len + sizeof(struct udphdr));
	p->v6.ip.ip6_nxt = s->protocol;
	p->v6.ip.ip6_hlim = d->ttl;
	memcpy(&p->v6.ip.ip6_src, d->from, sizeof(p->v6.ip.ip6_src));
	memcpy(&p->v6.ip.ip6_dst, d->to, sizeof(p->v6.ip.ip6_dst));
	fill_udp(&p->v6.udp, d, s, data);
	return sizeof(p->v6);
}

static int open_raw(struct sender *s, unsigned int family)
{
	int *fd = &s->raw[family == AF_INET6], mark = s->nonce;

	if (*fd < 0)
		*fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (*fd >= 0 && family == AF_INET6 &&
	    setsockopt(*fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		return -errno;
	return *fd < 0 ? -errno : *fd;
}

/** struct part - the header of a fragment */
union part {
	struct ip v4;
	struct {
		struct ip6_hdr ip;
		struct ip6_frag frag;
	} v6;
};

/* The header for @n bytes at @off of what follows the IP header; @more: others follow. Return: its length */
static size_t fill_part(union part *h, const union packet *p, unsigned int family, size_t off, size_t n,
			bool more, uint16_t nonce)
{
	memset(h, 0, sizeof(*h));
	if (family == AF_INET) {
		h->v4 = p->v4.ip;
		h->v4.ip_off = htons(off / 8 | (more ? IP_MF : 0));
		return sizeof(h->v4);
	}
	h->v6.ip = p->v6.ip;
	h->v6.ip.ip6_nxt = IPPROTO_FRAGMENT;
	h->v6.ip.ip6_plen = htons(n + sizeof(h->v6.frag));
	h->v6.frag.ip6f_nxt = p->v6.ip.ip6_nxt;
	h->v6.frag.ip6f_offlg = htons(off) | (more ? IP6F_MORE_FRAG : 0);
	h->v6.frag.ip6f_ident = htonl(nonce);
	return sizeof(h->v6);
}

/* What the loopback interface does not take in one piece. */
static int send_parts(int raw, const struct sender *s, const struct crfs_datagram *d, const union packet *p,
		      const void *data, struct msghdr *m)
{
	const struct udphdr *u = d->family == AF_INET ? &p->v4.udp : &p->v6.udp;
	size_t len = sizeof(*u) + d->len, off, n;
	char *all = malloc(len);
	union part h;
	struct iovec iov[2] = { { &h, 0 } };
	int rc = all ? 0 : -ENOMEM;

	if (all) {
		memcpy(all, u, sizeof(*u));
		memcpy(all + sizeof(*u), data, d->len);
	}
	m->msg_iov = iov;
	for (off = 0; off < len && !rc; off += n) {
		n = len - off < PART ? len - off : PART;
		iov[0].iov_len = fill_part(&h, p, d->family, off, n, off + n < len, s->nonce);
		iov[1] = (struct iovec){ all + off, n };
		rc = sendmsg(raw, m, 0) < 0 ? -errno : 0;
	}
	free(all);
	return rc;
}

static int send_one(struct sender *s, const struct crfs_datagram *d, void *data)
{
	int raw = open_raw(s, d->family), index = inet_ifindex(&d->interface), rc;
	union packet p;
	struct iovec iov[2] = { { &p, fill(&p, d, s, data) }, { data, d->len } };
	union inet_addr to;
	struct msghdr m = { .msg_name = &to, .msg_iov = iov, .msg_iovlen = 2,
			    .msg_namelen = inet_fill(&to, d->family, d->to, 0, index) };

	if (raw < 0)
		return raw;
	if (!inet_local(d->family, d->to, index))
		return -EADDRNOTAVAIL;
	/* With the interface it came through, so that IP_PKTINFO and bound devices see that one. */
	if (setsockopt(raw, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index)) < 0)
		return -errno;
	rc = sendmsg(raw, &m, 0) < 0 ? -errno : 0;
	return rc == -EMSGSIZE ? send_parts(raw, s, d, &p, data, &m) : rc;
}

static int arrived(int fd, unsigned int before)
{
	struct timespec nap = { .tv_nsec = 100000 };
	int i;

	for (i = 0; i < ARRIVE_MS * 10; i++) {
		if (sock_queued(fd) > before)
			return 0;
		nanosleep(&nap, NULL);
	}
	return -ETIMEDOUT;
}

/* IP_PKTINFO; @set: what it shall be, or -1. Return: what it is */
static int pktinfo(int fd, int set)
{
	bool v6 = sock_int(fd, SOL_SOCKET, SO_DOMAIN) == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP, option = v6 ? IPV6_RECVPKTINFO : IP_PKTINFO;

	if (set >= 0)
		setsockopt(fd, level, option, &set, sizeof(set));
	return sock_int(fd, level, option);
}

static int send_all(struct sender *s, const struct crfs_datagram *d, size_t n, char *data)
{
	unsigned int before;
	size_t i;
	int rc = 0;

	for (i = 0; i < n && !rc; data += d[i].len, i++) {
		before = sock_queued(s->fd);
		/* Whether it tells through which interface is decided when it arrives. */
		pktinfo(s->fd, d[i].interface.len != 0);
		rc = send_one(s, &d[i], data);
		if (!rc)
			rc = arrived(s->fd, before);
	}
	return rc;
}

static char *load(struct iobj *inode, struct image *im)
{
	struct node *data = tree_find(im->tree, inode->node, "data");
	char *buf = data ? malloc(data->size + 1) : NULL;

	if (buf && node_pread(data, buf, data->size, 0) == data->size)
		return buf;
	free(buf);
	return NULL;
}

int datagrams_send(struct restore *rs, struct iobj *o, uint32_t id, int fd, unsigned int protocol,
		   unsigned int port, uint16_t nonce)
{
	struct sender s = { .raw = { -1, -1 }, .protocol = protocol, .port = port, .nonce = nonce,
			    .fd = fd };
	struct iobj *inode = image_obj(rs->im, IOBJ_INODE, id);
	size_t n = 0;
	const struct crfs_datagram *d = inode ? image_recs(inode, &res_inode_datagrams, 0, &n) : NULL;
	char *data = n ? load(inode, rs->im) : NULL;
	int rc = data ? 0 : -EIO, info = pktinfo(fd, -1), i;

	if (!rc)
		rc = send_all(&s, d, n, data);
	pktinfo(fd, info);
	for (i = 0; i < 2; i++)
		if (s.raw[i] >= 0)
			close(s.raw[i]);
	free(data);
	return rc ? fail_on(rs->err, rc, o->path, "a datagram does not come back to port %u: does a "
			    "firewall drop it on lo?", port) : 0;
}
