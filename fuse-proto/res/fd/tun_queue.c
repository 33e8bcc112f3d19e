// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets that a program has not read from the link whose other end it is.
 *
 * No call tells them without taking them, so they are looked at in the kernel's memory (drivers/net/tun.c: a ring of
 * pointers, from consumer_head up to the first that is NULL), where it describes its types, or the module does. What comes
 * while the container is frozen is taken or not, like by a link. Put back by a packet socket that sends them to the
 * link, so only where all go to one queue; and only where the program has not asked for packets that are not complete
 * (TUNSETOFFLOAD), or that have come with more than their bytes (VLAN).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fdroom.h"
#include "kmem.h"
#include "rooms.h"
#include "tun_queue.h"

#define PACKETS_MAX 10000
#define BYTES_MAX 65536

/** struct packet - one of them, in the pool */
struct packet {
	struct crfs_tun_packet r;
	struct packet *next;
};

static bool waits(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents & POLLIN;
}

static int read_packet(struct snap *s, struct kmem *k, uint64_t skb, struct packet ***end)
{
	static const char digits[] = "0123456789abcdef";
	struct packet *p = pool_alloc(&s->scratch, sizeof(*p));
	uint16_t protocol, vlan[2];
	uint8_t *bytes;
	uint32_t len = 0, i;
	char *text;
	int rc = skb & 1 ? -EOPNOTSUPP : kmem_get(k, skb, K_SKB_LEN, &len, sizeof(len));	/* or a frame of XDP */

	if (!rc)
		rc = kmem_get(k, skb, K_SKB_PROTOCOL, &protocol, sizeof(protocol));
	if (!rc)
		rc = kmem_get(k, skb, K_SKB_VLAN_PROTO, &vlan[0], sizeof(vlan[0]));
	if (!rc)
		rc = kmem_get(k, skb, K_SKB_VLAN_TCI, &vlan[1], sizeof(vlan[1]));
	if (rc || !p || !len || len > BYTES_MAX || vlan[0] || vlan[1])
		return rc ? rc : -EOPNOTSUPP;
	bytes = malloc(len);
	text = pool_alloc(&s->scratch, 2 * len);
	rc = bytes && text ? kmem_skb(k, skb, 0, (char *)bytes, len) : -ENOMEM;
	for (i = 0; i < len && !rc; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	free(bytes);
	*p = (struct packet){ .r = { ntohs(protocol), { text, 2 * len } } };
	**end = p;
	*end = &p->next;
	return rc;
}

/* All of them, or an error */
static int read_ring(struct snap *s, const struct file *f, struct packet **first)
{
	uint32_t head = 0, size = 0, i;
	uint64_t ring, queue, skb = 0;
	struct packet **end = first;
	int rc;
	struct kmem *k = snap_kmem(s, &rc);

	if (!rc)
		rc = k->at[K_TUN_RING] < 0 ? -EOPNOTSUPP : kmem_file(k, f->dup, &ring);
	if (!rc)
		rc = kmem_get(k, ring, K_FILE_PRIVATE, &ring, sizeof(ring));
	if (rc)
		return rc;
	ring += k->at[K_TUN_RING];
	rc = kmem_get(k, ring, K_RING_HEAD, &head, sizeof(head)) ?: kmem_get(k, ring, K_RING_SIZE, &size, sizeof(size)) ?:
	     kmem_get(k, ring, K_RING_QUEUE, &queue, sizeof(queue));
	for (i = 0; !rc && i < size; i++) {
		rc = kmem_read(k, queue + 8ULL * ((head + i) % size), &skb, sizeof(skb));
		if (rc || !skb)
			break;
		rc = i < PACKETS_MAX ? read_packet(s, k, skb, &end) : -E2BIG;
	}
	return rc;
}

int tun_queue_read(struct snap *s, const struct file *f, const struct crfs_fd_tun *r, struct text *out)
{
	struct packet *p = NULL;
	int rc;

	text_section(out, &crfs_tun_packet_shape);
	if (s->live || !r->link.len || !waits(f->dup))
		return 0;
	if (r->offload || r->flags & IFF_MULTI_QUEUE)
		rc = -EOPNOTSUPP;
	else
		rc = read_ring(s, f, &p);
	for (; p && !rc; p = p->next)
		text_rec(out, &crfs_tun_packet_shape, &p->r);
	if (rc)
		snap_lost(s, file_obj(s, f), "packets of link %.*s that wait to be read", (int)r->link.len, r->link.p);
	return 0;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool packet_bad(const struct crfs_tun_packet *p)
{
	size_t i;

	for (i = 0; i < p->bytes.len; i++)
		if (nibble(p->bytes.p[i]) < 0)
			return true;
	return !p->bytes.len || p->bytes.len % 2 || p->bytes.len > 2 * BYTES_MAX;
}

void tun_queue_check(struct image *im, struct iobj *o, const struct crfs_fd_tun *r)
{
	size_t n, i;
	const struct crfs_tun_packet *p = image_recs(o, &res_fd_tun, 1, &n);

	if (n > PACKETS_MAX || (n && (!r->link.len || r->flags & IFF_MULTI_QUEUE)))
		image_mismatch(im, -EINVAL, o->path, "packets: nobody has so many");
	for (i = 0; i < n; i++)
		if (packet_bad(&p[i])) {
			image_mismatch(im, -EINVAL, o->path, "packet %zu: not bytes in hexadecimal digits", i + 1);
			return;
		}
}

/* What the link has said by itself when it got its carrier */
static void drain(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	char *buf = malloc(BYTES_MAX + 64);

	if (buf && flags >= 0 && !fcntl(fd, F_SETFL, flags | O_NONBLOCK)) {
		while (read(fd, buf, BYTES_MAX + 64) > 0)
			;
		fcntl(fd, F_SETFL, flags);
	}
	free(buf);
}

static int send_packet(int s, int link, const struct crfs_tun_packet *p)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(p->protocol), .sll_ifindex = link };
	size_t len = p->bytes.len / 2, i;
	uint8_t *bytes = malloc(len);
	int rc;

	if (!bytes)
		return -ENOMEM;
	for (i = 0; i < len; i++)
		bytes[i] = nibble(p->bytes.p[2 * i]) << 4 | nibble(p->bytes.p[2 * i + 1]);
	rc = sendto(s, bytes, len, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)len ? 0 : -errno;
	free(bytes);
	return rc;
}

int tun_queue_put(struct restore *rs, struct iobj *o, const struct crfs_fd_tun *r)
{
	size_t n, i;
	const struct crfs_tun_packet *p = image_recs(o, &res_fd_tun, 1, &n);
	char name[IFNAMSIZ] = "";
	int s, one = 1, rc = 0;

	drain(o->fd);
	if (!n)
		return 0;
	memcpy(name, r->link.p, r->link.len);
	s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (s < 0 || setsockopt(s, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		rc = -errno;
	for (i = 0; i < n && !rc; i++)
		rc = send_packet(s, if_nametoindex(name), &p[i]);
	if (s >= 0)
		close(s);
	return rc ? fail_on(rs->err, rc, o->path, "packets of link %s: needs CAP_NET_RAW", name) : 0;
}
