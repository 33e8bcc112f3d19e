// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Segments in the name of a peer, raw(7), CAP_NET_RAW: what it has said before the checkpoint, and will not
 * say again. They carry a mark with which they pass the guard (nft.h), and no options: a segment without
 * timestamp is taken, and what is known of the peer's clock stays as it is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nft.h"
#include "tcp_raw.h"

#define WINDOW 65535

/* RFC 1071, over bytes as they stand. */
static uint32_t sum(const void *data, size_t len, uint32_t s)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		s += p[i] << 8 | p[i + 1];
	return s;
}

static uint16_t checksum(const struct tcp_segment *s, const struct tcphdr *h)
{
	int skip = tcp_end_v4(&s->to) ? 12 : 0;
	uint32_t c = IPPROTO_TCP + sizeof(*h);

	c = sum(s->from.addr + skip, 16 - skip, c);
	c = sum(s->to.addr + skip, 16 - skip, c);
	c = sum(h, sizeof(*h), c);
	while (c >> 16)
		c = (c & 0xffff) + (c >> 16);
	return htons(~c);
}

static void fill_tcp(const struct tcp_segment *s, struct tcphdr *h)
{
	*h = (struct tcphdr){ .source = htons(s->from.port), .dest = htons(s->to.port),
			      .seq = htonl(s->seq), .ack_seq = htonl(s->ack),
			      .doff = sizeof(*h) / 4, .ack = 1, .fin = s->fin,
			      .window = htons(WINDOW) };
	h->check = checksum(s, h);
}

static int send_v4(const struct tcp_segment *s, int fd)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} p = { .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP,
			.tot_len = htons(sizeof(p)) } };

	memcpy(&p.ip.saddr, s->from.addr + 12, 4);
	memcpy(&p.ip.daddr, s->to.addr + 12, 4);
	memcpy(&to.sin_addr, s->to.addr + 12, 4);
	fill_tcp(s, &p.tcp);
	return sendto(fd, &p, sizeof(p), 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

static int send_v6(const struct tcp_segment *s, int fd)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	struct {
		struct ip6_hdr ip;
		struct tcphdr tcp;
	} p = { .ip = { .ip6_plen = htons(sizeof(p.tcp)), .ip6_nxt = IPPROTO_TCP, .ip6_hlim = 64 } };

	p.ip.ip6_vfc = 6 << 4;
	memcpy(&p.ip.ip6_src, s->from.addr, 16);
	memcpy(&p.ip.ip6_dst, s->to.addr, 16);
	memcpy(&to.sin6_addr, s->to.addr, 16);
	fill_tcp(s, &p.tcp);
	return sendto(fd, &p, sizeof(p), 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

int tcp_raw(const struct tcp_segment *s)
{
	bool v4 = tcp_end_v4(&s->to);
	int fd = socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	int mark = NFT_MARK, rc;

	if (fd < 0)
		return -errno;
	rc = setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0 ? -errno : 0;
	if (!rc)
		rc = v4 ? send_v4(s, fd) : send_v6(s, fd);
	close(fd);
	return rc;
}
