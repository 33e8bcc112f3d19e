// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking into the queue of a UDP socket: MSG_PEEK with SO_PEEK_OFF, which goes on behind what was
 * looked at before and stops at the border of each datagram.
 *
 * Both SO_PEEK_OFF and the options that make the kernel tell where a datagram was sent to belong to
 * the socket and not to our duplicate: for a moment they are not as the program has set them. So
 * this is done by a child that nobody else knows, which puts them back and exits also when we are
 * killed. It shares our memory and allocates nothing, since then another thread of ours may hold
 * the lock for that forever.
 *
 * An empty datagram is passed over once it was looked at (skb->peeked), so this sees it only the
 * first time, unless it is the first of the queue; nothing undoes that.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aside.h"
#include "peek.h"

#define MEMINFO 55		/* SO_MEMINFO, Linux 4.12 */
#define DATAGRAM_MAX 65536

/* What is asked for while we look; the first is where to begin, the others are switches. */
static const struct {
	int level, option, value;
} asks[] = {
	{ SOL_SOCKET, SO_PEEK_OFF, 0 },
	{ IPPROTO_IP, IP_PKTINFO, 1 },
	{ IPPROTO_IP, IP_RECVTTL, 1 },
	{ IPPROTO_IP, IP_RECVTOS, 1 },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
	{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1 },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS, 1 },
};
#define NR_ASKS (sizeof(asks) / sizeof(asks[0]))
#define NR_ASKS4 4		/* of a socket that is not inet6 */

/** struct job - what is done aside */
struct job {
	int fd;
	size_t nr_asks;
	struct peek *p;
};

unsigned int sock_queued(int fd)
{
	uint32_t mem[16] = { 0 };
	socklen_t len = sizeof(mem);

	return getsockopt(fd, SOL_SOCKET, MEMINFO, mem, &len) < 0 ? 0 : mem[0];
}

static void take_cmsg(struct peeked *d, const struct cmsghdr *c)
{
	const void *v = CMSG_DATA(c);
	struct in6_pktinfo info6;
	struct in_pktinfo info;
	int n = 0;

	if (c->cmsg_len >= CMSG_LEN(sizeof(n)))
		memcpy(&n, v, sizeof(n));
	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&info, v, sizeof(info));
		memcpy(d->to, &info.ipi_addr, sizeof(info.ipi_addr));
		d->ifindex = info.ipi_ifindex;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&info6, v, sizeof(info6));
		d->ifindex = info6.ipi6_ifindex;
		if (d->family == AF_INET6)
			memcpy(d->to, &info6.ipi6_addr, sizeof(d->to));
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
		d->tos = *(const uint8_t *)v;
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) {
		d->ttl = n;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT) {
		d->ttl = n;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
		d->tos = n;
	} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
		d->gso = n;
	}
}

static void take_name(struct peeked *d, const struct sockaddr_in6 *a)
{
	const struct sockaddr_in *in = (const void *)a;

	d->family = AF_INET;
	if (a->sin6_family == AF_INET) {
		memcpy(d->from, &in->sin_addr, 4);
		d->from_port = ntohs(in->sin_port);
		return;
	}
	d->from_port = ntohs(a->sin6_port);
	if (IN6_IS_ADDR_V4MAPPED(&a->sin6_addr)) {
		memcpy(d->from, &a->sin6_addr.s6_addr[12], 4);
		return;
	}
	d->family = AF_INET6;
	memcpy(d->from, &a->sin6_addr, sizeof(d->from));
}

/* Return: 1, 0 behind the last one, or a negative errno */
static int peek_one(int fd, struct peek *p)
{
	struct iovec iov = { p->data + p->len, DATAGRAM_MAX };
	struct sockaddr_in6 name;
	char control[512];
	struct msghdr m = { .msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &iov,
			    .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct peeked *d = &p->d[p->nr];
	struct cmsghdr *c;
	ssize_t n;

	if (p->nr == p->cap || p->size - p->len < DATAGRAM_MAX)
		return -E2BIG;
	n = recvmsg(fd, &m, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		return -EMSGSIZE;
	*d = (struct peeked){ .len = n, .off = p->len };
	take_name(d, &name);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		take_cmsg(d, c);
	p->len += n;
	p->nr++;
	return 1;
}

static int look(void *arg)
{
	struct job *j = arg;
	int old[NR_ASKS];
	socklen_t len;
	size_t i, n;
	int rc;

	for (n = 0; n < j->nr_asks; n++) {
		len = sizeof(int);
		if (getsockopt(j->fd, asks[n].level, asks[n].option, &old[n], &len) < 0 ||
		    setsockopt(j->fd, asks[n].level, asks[n].option, &asks[n].value, sizeof(int)) < 0)
			break;
	}
	rc = n < j->nr_asks ? -errno : 1;
	while (rc == 1)
		rc = peek_one(j->fd, j->p);
	for (i = n; i-- > 0;)
		setsockopt(j->fd, asks[i].level, asks[i].option, &old[i], sizeof(int));
	return rc;
}

int peek_udp(int fd, int family, struct peek *p)
{
	struct job j = { .fd = fd, .p = p, .nr_asks = family == AF_INET6 ? NR_ASKS : NR_ASKS4 };
	unsigned int mem = sock_queued(fd);
	int rc;

	*p = (struct peek){ .cap = mem / PEEK_LEAST + 16, .size = (size_t)mem + 2 * DATAGRAM_MAX };
	p->d = malloc(p->cap * sizeof(*p->d));
	p->data = malloc(p->size);
	rc = p->d && p->data ? aside(look, &j) : -ENOMEM;
	if (rc)
		peek_free(p);
	return rc;
}

void peek_free(struct peek *p)
{
	free(p->d);
	free(p->data);
	*p = (struct peek){ .d = NULL };
}
