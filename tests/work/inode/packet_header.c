// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What all packets of a socket begin with: options of IP, extension headers of IPv6; of UDP sockets, with and without a
 * peer, of a raw one, of a TCP connection and a listener. It is there, and who gets a packet sees it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "tests/work/work.h"

/* The way that a packet takes is noted, in two places; the end of the options. */
static const unsigned char way[] = { 7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
static const unsigned char noop[] = { 1, 1, 1, 0 };
/* Eight bytes, all padding; and sixteen, with an option that nobody knows. */
static const unsigned char padding[8] = { 0, 0, 1, 4 }, more[16] = { 0, 1, 0x1e, 6, 'n', 'o', 'b', 'o', 'd', 'y', 1, 4 };
/* A route of segments (RFC 8754), to ::1 and no further. */
static const unsigned char route[24] = { 0, 2, 4, 0, 0, 0, 0, 0, [23] = 1 };

struct one {
	int fd, level, option;
	const unsigned char *data;
	socklen_t len;
};

static struct one set(int fd, int level, int option, const unsigned char *data, socklen_t len)
{
	CHECK(setsockopt(fd, level, option, data, len) == 0);
	return (struct one){ fd, level, option, data, len };
}

static void same(const struct one *o)
{
	unsigned char buf[64];
	socklen_t len = sizeof(buf);

	CHECK(getsockopt(o->fd, o->level, o->option, buf, &len) == 0);
	CHECK_EQ(len, o->len);
	CHECK(!memcmp(buf, o->data, len));
}

static int bound(int family, int type, struct sockaddr_storage *a)
{
	int fd = socket(family, type, 0), one = 1;
	struct sockaddr_in *in = (void *)a;
	struct sockaddr_in6 *in6 = (void *)a;
	socklen_t len = sizeof(*a);

	memset(a, 0, len);
	a->ss_family = family;
	if (family == AF_INET)
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		in6->sin6_addr = in6addr_loopback;
	CHECK(bind(fd, (void *)a, len) == 0 && getsockname(fd, (void *)a, &len) == 0);
	if (type == SOCK_DGRAM)
		CHECK(family == AF_INET ? !setsockopt(fd, IPPROTO_IP, IP_RECVOPTS, &one, sizeof(one)) :
		      !setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPOPTS, &one, sizeof(one)));
	return fd;
}

/* Return: bytes of options or headers that came with the datagram */
static size_t came_with(int fd, int type, unsigned char *what)
{
	char buf[16], control[512];
	struct iovec v = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	size_t n = 0;

	CHECK_EQ(recvmsg(fd, &m, 0), 2);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_type == type) {
			n = c->cmsg_len - CMSG_LEN(0);
			memcpy(what, CMSG_DATA(c), n);
		}
	return n;
}

int main(void)
{
	struct sockaddr_storage to, to6, at;
	int in = bound(AF_INET, SOCK_DGRAM, &to), in6 = bound(AF_INET6, SOCK_DGRAM, &to6), l = bound(AF_INET, SOCK_STREAM, &at);
	int free4 = socket(AF_INET, SOCK_DGRAM, 0), tied = socket(AF_INET, SOCK_DGRAM, 0), six = socket(AF_INET6, SOCK_DGRAM, 0);
	int raw = socket(AF_INET, SOCK_RAW, 253), a = socket(AF_INET, SOCK_STREAM, 0), b;
	struct one all[] = {
		set(free4, IPPROTO_IP, IP_OPTIONS, way, sizeof(way)),
		set(tied, IPPROTO_IP, IP_OPTIONS, noop, sizeof(noop)),
		set(raw, IPPROTO_IP, IP_OPTIONS, noop, sizeof(noop)),
		set(l, IPPROTO_IP, IP_OPTIONS, noop, sizeof(noop)),
		set(a, IPPROTO_IP, IP_OPTIONS, noop, sizeof(noop)),
		set(six, IPPROTO_IPV6, IPV6_HOPOPTS, padding, sizeof(padding)),
		set(six, IPPROTO_IPV6, IPV6_DSTOPTS, more, sizeof(more)),
		set(socket(AF_INET6, SOCK_DGRAM, 0), IPPROTO_IPV6, IPV6_RTHDRDSTOPTS, padding, sizeof(padding)),
		set(socket(AF_INET6, SOCK_DGRAM, 0), IPPROTO_IPV6, IPV6_RTHDR, route, sizeof(route)),
	};
	unsigned char what[64];
	size_t i;

	CHECK(connect(tied, (void *)&to, sizeof(struct sockaddr_in)) == 0);
	CHECK(listen(l, 2) == 0 && connect(a, (void *)&at, sizeof(struct sockaddr_in)) == 0);
	b = accept(l, NULL, NULL);
	CHECK(b >= 0 && send(a, "way", 3, 0) == 3);
	work_ready();
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		same(&all[i]);
	CHECK(sendto(free4, "hi", 2, 0, (void *)&to, sizeof(struct sockaddr_in)) == 2);
	CHECK(came_with(in, IP_RECVOPTS, what) >= 11 && what[0] == 7);
	CHECK(send(tied, "hi", 2, 0) == 2);
	CHECK(came_with(in, IP_RECVOPTS, what) == 4 && !memcmp(what, noop, 4));
	CHECK(sendto(six, "hi", 2, 0, (void *)&to6, sizeof(struct sockaddr_in6)) == 2);
	CHECK(came_with(in6, IPV6_HOPOPTS, what) == 8 && !memcmp(what + 1, padding + 1, 7));
	CHECK(recv(b, what, 3, 0) == 3 && send(b, "back", 4, 0) == 4 && recv(a, what, 4, 0) == 4);
	work_pass();
}
