// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages of ICMP to a socket of our own, raw(7), CAP_NET_RAW. They carry the mark with which they pass the guard
 * (nft.h).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <crfs/icmp_errors.h>

#include "icmp_raw.h"
#include "nft.h"

/** struct first - what a message says of the packet: the beginning of TCP, or all of an empty one of UDP */
struct first {
	uint16_t from, to;
	uint32_t seq;
	uint8_t rest[12];
};

static struct first first_of(const struct icmp_error *e)
{
	struct first f = { .from = htons(e->from.port), .to = htons(e->to.port), .seq = htonl(e->seq) };

	if (e->protocol != IPPROTO_TCP)
		f.seq = htonl(8 << 16);		/* its length, and no checksum */
	return f;
}

/* RFC 1071; an even number of bytes */
static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t c = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		c += p[i] << 8 | p[i + 1];
	c = (c & 0xffff) + (c >> 16);
	return htons(~(c + (c >> 16)));
}

static int say_v4(const struct icmp_error *e, const struct crfs_icmp_error *k, int fd)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct {
		struct icmphdr icmp;
		struct iphdr ip;
		struct first first;
	} p = {
		.icmp = { .type = k->type4, .code = k->code4 },
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = e->protocol,
			.tot_len = htons(sizeof(p.ip) + sizeof(p.first)) },
		.first = first_of(e),
	};

	memcpy(&p.ip.saddr, e->from.addr + 12, 4);
	memcpy(&p.ip.daddr, e->to.addr + 12, 4);
	memcpy(&to.sin_addr, e->from.addr + 12, 4);
	p.ip.check = checksum(&p.ip, sizeof(p.ip));
	p.icmp.checksum = checksum(&p, sizeof(p));
	return sendto(fd, &p, sizeof(p), 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

/* The kernel makes the checksum. */
static int say_v6(const struct icmp_error *e, const struct crfs_icmp_error *k, int fd)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	struct {
		struct icmp6_hdr icmp;
		struct ip6_hdr ip;
		struct first first;
	} p = {
		.icmp = { .icmp6_type = k->type6, .icmp6_code = k->code6 },
		.ip = { .ip6_nxt = e->protocol, .ip6_hlim = 64, .ip6_plen = htons(sizeof(p.first)) },
		.first = first_of(e),
	};

	p.ip.ip6_vfc = 6 << 4;
	memcpy(&p.ip.ip6_src, e->from.addr, 16);
	memcpy(&p.ip.ip6_dst, e->to.addr, 16);
	memcpy(&to.sin6_addr, e->from.addr, 16);
	return sendto(fd, &p, sizeof(p), 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

int icmp_raw(const struct icmp_error *e)
{
	const bool v4 = tcp_end_v4(&e->from);
	const struct crfs_icmp_error *k = crfs_icmp_error(v4, e->err);
	int mark = NFT_MARK, rc, fd;

	if (!k)
		return -EINVAL;
	fd = socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (fd < 0)
		return -errno;
	rc = setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0 ? -errno : 0;
	if (!rc)
		rc = v4 ? say_v4(e, k, fd) : say_v6(e, k, fd);
	close(fd);
	return rc;
}
