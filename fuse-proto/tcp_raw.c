// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Segments in the name of a peer, raw(7), CAP_NET_RAW: what it has said before the checkpoint, and will not
 * say again. They carry a mark with which they pass the guard (nft.h). Those of a connection that is there carry no options: a segment
 * without timestamp is taken, and what is known of the peer's clock stays as it is.
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

/** struct packet - without the header of IP */
struct packet {
	struct tcphdr tcp;
	char rest[40 + TCP_RAW_MAX];
};

static uint16_t checksum(const struct tcp_segment *s, const struct packet *p, size_t len)
{
	int skip = tcp_end_v4(&s->to) ? 12 : 0;
	uint32_t c = IPPROTO_TCP + len;

	c = sum(s->from.addr + skip, 16 - skip, c);
	c = sum(s->to.addr + skip, 16 - skip, c);
	c = sum(p, len, c);
	if (len & 1)
		c += ((const uint8_t *)p)[len - 1] << 8;
	while (c >> 16)
		c = (c & 0xffff) + (c >> 16);
	return htons(~c);
}

/* Return: its length */
static size_t fill_tcp(const struct tcp_segment *s, struct packet *p)
{
	size_t len = sizeof(p->tcp) + s->nr_options + s->len;

	p->tcp = (struct tcphdr){ .source = htons(s->from.port), .dest = htons(s->to.port),
				  .seq = htonl(s->seq), .ack_seq = s->syn ? 0 : htonl(s->ack),
				  .doff = (sizeof(p->tcp) + s->nr_options) / 4, .syn = s->syn,
				  .ack = !s->syn, .fin = s->fin, .rst = s->rst, .urg = s->urgent,
				  .window = htons(s->window ? s->window : WINDOW) };
	memcpy(p->rest, s->options, s->nr_options);
	if (s->len)
		memcpy(p->rest + s->nr_options, s->data, s->len);
	p->tcp.check = checksum(s, p, len);
	return len;
}

static int send_v4(const struct tcp_segment *s, int fd)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct {
		struct iphdr ip;
		struct packet tcp;
	} p = { .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP } };
	size_t len = sizeof(p.ip) + fill_tcp(s, &p.tcp);

	p.ip.tot_len = htons(len);
	memcpy(&p.ip.saddr, s->from.addr + 12, 4);
	memcpy(&p.ip.daddr, s->to.addr + 12, 4);
	memcpy(&to.sin_addr, s->to.addr + 12, 4);
	return sendto(fd, &p, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
}

static int send_v6(const struct tcp_segment *s, int fd)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_scope_id = s->scope };
	struct {
		struct ip6_hdr ip;
		struct packet tcp;
	} p = { .ip = { .ip6_nxt = IPPROTO_TCP, .ip6_hlim = 64 } };
	size_t len = fill_tcp(s, &p.tcp);

	p.ip.ip6_plen = htons(len);
	p.ip.ip6_vfc = 6 << 4;
	memcpy(&p.ip.ip6_src, s->from.addr, 16);
	memcpy(&p.ip.ip6_dst, s->to.addr, 16);
	memcpy(&to.sin6_addr, s->to.addr, 16);
	return sendto(fd, &p, sizeof(p.ip) + len, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
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
