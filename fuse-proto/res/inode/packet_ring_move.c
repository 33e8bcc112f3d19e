// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the kernel is in a ring is where its last packet led it, so packets of our own lead it there again: over lo, past
 * its queueing, with a type of their own (IEEE 802.1, for local experiments) and a word that a filter of the socket wants.
 * Nobody but who listens to everything sees them; no packet socket of the container is bound yet.
 *
 * A ring for sending sends as many. One of blocks (TPACKET_V3) also counts them, and has one closed by its timer alone
 * without a packet in the next.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "packet_ring.h"
#include "sockopt.h"

#define LO 1
#define TYPE_IN 0x88b5
#define TYPE_OUT 0x88b6		/* not what the ring for receiving is bound to */
#define BATCH 64
#define PATIENCE_MS 5000

/** struct mover - @out: the socket that sends, to @to; @word: what the filter wants; @raw: SOCK_RAW; @bypass: its own option */
struct mover {
	const struct crfs_packet_ring *r;
	char *base, *packet;
	int version, out, fd, bypass;
	uint32_t word, vnet, mtu, reserve;
	bool raw;
	struct sockaddr_ll to;
};

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int attach(const struct mover *m)
{
	struct sock_filter ours[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, m->raw ? ETH_HLEN : 0 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ntohl(m->word) },
		{ BPF_RET | BPF_K, 0, 0, 0xffffffff },
		{ BPF_RET | BPF_K, 0, 0, 0 },
	};
	struct sock_fprog p = { sizeof(ours) / sizeof(*ours), ours };
	struct sockaddr_ll from = { .sll_family = AF_PACKET, .sll_protocol = htons(TYPE_IN), .sll_ifindex = LO };

	if (setsockopt(m->fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)) < 0 ||
	    bind(m->fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		return -errno;
	return 0;
}

static int begin(struct mover *m, const struct crfs_packet_ring *r, const struct iobj *o, char *base, int fd)
{
	struct ifreq q = { .ifr_name = "lo" };
	socklen_t len = sizeof(int);
	int type = 0, one = 1;

	*m = (struct mover){ .r = r, .base = base, .fd = fd, .out = -1,
			     .version = sockopt_value(o, RING_OPTIONS, "packet_version", 0),
			     .vnet = sockopt_value(o, RING_OPTIONS, "packet_vnet_hdr", 0) ? 10 : 0,
			     .bypass = sockopt_value(o, RING_OPTIONS, "packet_qdisc_bypass", 0),
			     .reserve = sockopt_value(o, RING_OPTIONS, "packet_reserve", 0),
			     .to = { .sll_family = AF_PACKET, .sll_ifindex = LO, .sll_halen = ETH_ALEN } };
	m->vnet = sockopt_value(o, RING_OPTIONS, "packet_vnet_hdr_sz", m->vnet);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return -errno;
	m->raw = type == SOCK_RAW;
	m->out = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (m->out < 0 || setsockopt(m->out, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) < 0 ||
	    ioctl(m->out, SIOCGIFMTU, &q) < 0 || getrandom(&m->word, sizeof(m->word), 0) != sizeof(m->word))
		return -errno;
	m->mtu = q.ifr_mtu;
	m->packet = calloc(1, ETH_HLEN + m->mtu);
	return m->packet ? 0 : -ENOMEM;
}

static void end(struct mover *m)
{
	free(m->packet);
	if (m->out >= 0)
		close(m->out);
}

/* A packet with @len bytes behind its header */
static int send_one(struct mover *m, size_t len)
{
	struct ethhdr *h = (void *)m->packet;

	if (len < sizeof(m->word))
		len = sizeof(m->word);
	if (len > m->mtu)
		len = m->mtu;
	h->h_proto = htons(TYPE_IN);
	memcpy(h + 1, &m->word, sizeof(m->word));
	return sendto(m->out, m->packet, ETH_HLEN + len, 0, (struct sockaddr *)&m->to, sizeof(m->to)) < 0 ? -errno : 0;
}

/* A frame is the program's when its packet is in it. */
static int wait_frame(struct mover *m, uint32_t i)
{
	char *frame = crfs_ring_frame(m->r, m->base, i);
	long end = now_ms() + PATIENCE_MS;

	while (!(ring_peek(frame, m->version) & TP_STATUS_USER)) {
		if (now_ms() > end)
			return -ETIMEDOUT;
		usleep(50);
	}
	return 0;
}

static int receive_frames(struct mover *m)
{
	uint32_t i;
	int rc = attach(m);

	for (i = 0; i < m->r->head && !rc; i++) {
		rc = send_one(m, 0);
		/* what is on its way must fit into the queue behind lo */
		if (!rc && (i % BATCH == BATCH - 1 || i == m->r->head - 1))
			rc = wait_frame(m, i);
	}
	return rc;
}

/* An empty packet in frame @i, with only a header where the program writes that, and one of virtio */
static void request(struct mover *m, uint32_t i)
{
	char *frame = crfs_ring_frame(m->r, m->base, i);
	uint32_t len = (m->raw ? ETH_HLEN : 1) + m->vnet, at;
	struct ethhdr *h;

	if (m->version == TPACKET_V1) {
		struct tpacket_hdr *t = (void *)frame;

		at = TPACKET_ALIGN(sizeof(*t));
		*t = (struct tpacket_hdr){ .tp_len = len, .tp_mac = at, .tp_net = at };
	} else if (m->version == TPACKET_V2) {
		struct tpacket2_hdr *t = (void *)frame;

		at = TPACKET_ALIGN(sizeof(*t));
		*t = (struct tpacket2_hdr){ .tp_len = len, .tp_mac = at, .tp_net = at };
	} else {
		struct tpacket3_hdr *t = (void *)frame;

		at = TPACKET_ALIGN(sizeof(*t));
		*t = (struct tpacket3_hdr){ .tp_len = len, .tp_mac = at, .tp_net = at };
	}
	memset(frame + at, 0, len);
	h = (void *)(frame + at + m->vnet);
	if (m->raw)
		h->h_proto = htons(TYPE_OUT);
	ring_poke(frame, m->version, TP_STATUS_SEND_REQUEST);
}

static bool all_sent(struct mover *m, uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		if (ring_peek(crfs_ring_frame(m->r, m->base, from), m->version) &
		    (TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING | TP_STATUS_WRONG_FORMAT))
			return false;
	return true;
}

static int send_frames(struct mover *m, uint32_t from, uint32_t to)
{
	long end = now_ms() + PATIENCE_MS;
	uint32_t i;

	for (i = from; i < to; i++)
		request(m, i);
	for (; !all_sent(m, from, to); usleep(50)) {
		if (sendto(m->fd, NULL, 0, MSG_DONTWAIT, (struct sockaddr *)&m->to, sizeof(m->to)) < 0 &&
		    errno != EAGAIN && errno != ENOBUFS)
			return -errno;
		if (now_ms() > end)
			return -ETIMEDOUT;
	}
	return 0;
}

static int send_all(struct mover *m)
{
	uint32_t from, to;
	int one = 1, rc = 0;

	if (setsockopt(m->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) < 0)
		return -errno;
	m->to.sll_protocol = htons(TYPE_OUT);
	for (from = 0; from < m->r->head && !rc; from = to) {
		to = m->r->head - from < BATCH ? m->r->head : from + BATCH;
		rc = send_frames(m, from, to);
	}
	if (!rc && setsockopt(m->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &m->bypass, sizeof(m->bypass)) < 0)
		rc = -errno;
	return rc;
}

/** struct open - what is seen of a ring of blocks: @seq: the number of the last that was opened, with @n packets */
struct open {
	uint64_t seq;
	uint32_t n;
	bool closed;
};

static struct open last_open(struct mover *m)
{
	struct open l = { 0 };
	uint32_t i;

	for (i = 0; i < m->r->blocks; i++) {
		struct tpacket_block_desc *b = crfs_ring_block(m->r, m->base, i);
		uint64_t seq = __atomic_load_n(&b->hdr.bh1.seq_num, __ATOMIC_ACQUIRE);

		if (seq > l.seq)
			l = (struct open){ seq, __atomic_load_n(&b->hdr.bh1.num_pkts, __ATOMIC_ACQUIRE),
					   block_peek(b) & TP_STATUS_USER };
	}
	return l;
}

/* All go back to the kernel but that which it has to find with the program: @seq - blocks. */
static void give_back(struct mover *m, uint64_t seq, bool waits)
{
	uint32_t i;

	for (i = 0; i < m->r->blocks; i++) {
		struct tpacket_block_desc *b = crfs_ring_block(m->r, m->base, i);

		if (block_peek(b) & TP_STATUS_USER && !(waits && b->hdr.bh1.seq_num + m->r->blocks == seq))
			__atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	}
}

/* Until block @seq - 1 has a packet. */
static int fill_blocks(struct mover *m, uint64_t seq, bool waits)
{
	const uint32_t first = CRFS_BLOCK_HEAD + ((m->r->priv + 7) & ~7U) + 160 + m->reserve + m->vnet;
	const uint32_t most = m->r->block_size > first ? m->r->block_size - first : 0;
	struct open l = last_open(m), was;
	long end;
	int rc;

	while (l.seq + 1 < seq || (l.seq + 1 == seq && !l.n)) {
		rc = send_one(m, l.seq + 1 < seq ? most : 0);
		if (rc)
			return rc;
		was = l;
		for (end = now_ms() + PATIENCE_MS; l.seq == was.seq && l.n == was.n; l = last_open(m)) {
			if (now_ms() > end)
				return -ETIMEDOUT;
			give_back(m, seq, waits);
		}
		give_back(m, seq, waits);
	}
	return 0;
}

static int receive_blocks(struct mover *m, char *data)
{
	const uint64_t seq = crfs_ring_seq(m->r);
	const bool waits = block_peek(crfs_ring_block(m->r, data, m->r->head)) & TP_STATUS_USER;
	struct open l;
	long end;
	int rc = seq > 1 ? attach(m) : 0;

	if (rc || seq == 1)
		return rc;
	rc = fill_blocks(m, seq, waits);
	for (end = now_ms() + PATIENCE_MS + 2 * m->r->retire; !rc; usleep(500)) {
		l = last_open(m);
		if (waits ? l.seq + 1 == seq && l.closed : l.seq == seq && !l.n)
			return 0;
		if (now_ms() > end)
			return -ETIMEDOUT;
		give_back(m, seq, waits);
	}
	return rc;
}

int ring_advance(const struct crfs_packet_ring *r, const struct iobj *o, char *base, char *data, int fd)
{
	struct mover m;
	int rc;

	if (!r->head && r->seq <= 1)
		return 0;
	rc = begin(&m, r, o, base, fd);
	if (!rc && r->ring == CRFS_RING_TX)
		rc = send_all(&m);
	else if (!rc)
		rc = crfs_ring_blocks(r, m.version) ? receive_blocks(&m, data) : receive_frames(&m);
	end(&m);
	return rc;
}
