// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rings of packet sockets (PACKET_MMAP): of all three versions, for receiving, with packets that wait, drained, full and
 * round once, with blocks that are closed, open and taken; for sending, with frames sent and to be sent; both of a socket;
 * mapped, mapped by two, and not yet mapped. What waits is there, and what comes goes where it would have gone. In a
 * network of its own.
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "tests/work/work.h"

#define PAGE 4096
#define FRAMES 8
#define FRAME 1024

/** struct ring - @to: the protocol; @next: the frame or block that is read next; @sent, @got: numbers of packets */
struct ring {
	int fd, version, type, protocol;
	char *map;
	size_t size;
	unsigned int next, sent, got, blocks;
	uint64_t seq;
};

static int protocols = 0x9200;

static void up(void)
{
	struct ifreq q = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(ioctl(fd, SIOCSIFFLAGS, &q) == 0);
	close(fd);
}

static void set(int fd, int option, int v)
{
	CHECK(setsockopt(fd, SOL_PACKET, option, &v, sizeof(v)) == 0);
}

static void bind_it(const struct ring *r)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(r->protocol), .sll_ifindex = 1 };

	CHECK(bind(r->fd, (void *)&a, sizeof(a)) == 0);
}

static struct ring make(int version, int type)
{
	struct ring r = { .fd = socket(AF_PACKET, type, 0), .version = version, .type = type, .protocol = protocols++ };

	CHECK(r.fd >= 0);
	set(r.fd, PACKET_VERSION, version);
	return r;
}

static void map(struct ring *r, size_t size)
{
	r->size = size;
	r->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	CHECK(r->map != MAP_FAILED);
}

static void frames(struct ring *r, int option)
{
	struct tpacket_req q = { .tp_block_size = PAGE, .tp_block_nr = FRAMES * FRAME / PAGE, .tp_frame_size = FRAME,
				 .tp_frame_nr = FRAMES };
	struct tpacket_req3 q3 = { .tp_block_size = PAGE, .tp_block_nr = FRAMES * FRAME / PAGE, .tp_frame_size = FRAME,
				   .tp_frame_nr = FRAMES };

	CHECK(r->version == TPACKET_V3 ? setsockopt(r->fd, SOL_PACKET, option, &q3, sizeof(q3)) == 0 :
	      setsockopt(r->fd, SOL_PACKET, option, &q, sizeof(q)) == 0);
}

static void blocks(struct ring *r, unsigned int n, int ms)
{
	struct tpacket_req3 q = { .tp_block_size = 2 * PAGE, .tp_block_nr = n, .tp_frame_size = 2048, .tp_frame_nr = 4 * n,
				  .tp_retire_blk_tov = ms, .tp_sizeof_priv = 13, .tp_feature_req_word = TP_FT_REQ_FILL_RXHASH };

	CHECK(setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &q, sizeof(q)) == 0);
	r->blocks = n;
	r->seq = 1;
}

/* A packet with a number, and as many bytes as it has to have */
static void say(struct ring *r, size_t len)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(r->protocol), .sll_ifindex = 1, .sll_halen = 6 };
	int out = socket(AF_PACKET, SOCK_DGRAM, 0);
	char buf[8192] = { 0 };

	memcpy(buf, &r->sent, sizeof(r->sent));
	r->sent++;
	CHECK(sendto(out, buf, len, 0, (void *)&to, sizeof(to)) == (ssize_t)len);
	close(out);
	work_settle();
}

static void say_many(struct ring *r, int n)
{
	while (n--)
		say(r, 40);
}

static bool readable(const struct ring *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents & POLLIN;
}

static uint32_t *status(const struct ring *r, char *frame)
{
	return (void *)(frame + (r->version == TPACKET_V3 ? offsetof(struct tpacket3_hdr, tp_status) : 0));
}

static char *frame(const struct ring *r, unsigned int i)
{
	return r->map + i * FRAME;
}

/* The next packet is there, and is that which was sent next. */
static void take(struct ring *r)
{
	char *f = frame(r, r->next);
	unsigned int at = r->version == TPACKET_V1 ? ((struct tpacket_hdr *)f)->tp_net : ((struct tpacket2_hdr *)f)->tp_net;
	unsigned int n;

	CHECK(*status(r, f) & TP_STATUS_USER);
	memcpy(&n, f + at, sizeof(n));
	CHECK_EQ(n, r->got);
	r->got++;
	*status(r, f) = TP_STATUS_KERNEL;
	r->next = (r->next + 1) % FRAMES;
}

static void take_many(struct ring *r, int n)
{
	while (n--)
		take(r);
}

static void empty(struct ring *r)
{
	CHECK(*status(r, frame(r, r->next)) == TP_STATUS_KERNEL);
	CHECK_EQ(r->got, r->sent);
	CHECK(!readable(r));
}

static struct tpacket_block_desc *block(const struct ring *r)
{
	return (void *)(r->map + r->next * 2 * PAGE);
}

static bool closed(const struct ring *r)
{
	return __atomic_load_n(&block(r)->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

/* The next block is or gets closed, has the number that is its, and the packets that came next. @keep: it is not given back */
static void take_block(struct ring *r, bool keep)
{
	struct tpacket_hdr_v1 *h = &block(r)->hdr.bh1;
	struct tpacket3_hdr *p;
	unsigned int i, n;
	int ms;

	for (ms = 0; ms < 10000 && !closed(r); ms++)
		work_sleep(1);
	CHECK(closed(r));
	CHECK_EQ(h->seq_num, r->seq);
	CHECK(h->num_pkts > 0);
	p = (void *)((char *)h - offsetof(struct tpacket_block_desc, hdr) + h->offset_to_first_pkt);
	for (i = 0; i < h->num_pkts; i++, p = (void *)((char *)p + p->tp_next_offset)) {
		memcpy(&n, (char *)p + p->tp_net, sizeof(n));
		CHECK_EQ(n, r->got);
		r->got++;
		CHECK(!p->tp_next_offset == (i == h->num_pkts - 1));
	}
	if (!keep)
		__atomic_store_n(&h->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	r->seq++;
	r->next = (r->next + 1) % r->blocks;
}

/* All that was sent */
static void take_blocks(struct ring *r)
{
	while (r->got < r->sent)
		take_block(r, false);
}

/* A frame to be sent, with a number */
static void ask(struct ring *r)
{
	char *f = frame(r, r->next);
	unsigned int at = TPACKET_ALIGN(r->version == TPACKET_V3 ? sizeof(struct tpacket3_hdr) : sizeof(struct tpacket2_hdr));
	struct ethhdr *h = (void *)(f + at);

	CHECK(!(*status(r, f) & (TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING)));
	memset(f, 0, FRAME);
	if (r->version == TPACKET_V3)
		((struct tpacket3_hdr *)f)->tp_len = sizeof(*h) + 8;
	else
		((struct tpacket2_hdr *)f)->tp_len = sizeof(*h) + 8;
	h->h_proto = htons(r->protocol);
	memcpy(h + 1, &r->sent, sizeof(r->sent));
	r->sent++;
	*status(r, f) = TP_STATUS_SEND_REQUEST;
	r->next = (r->next + 1) % FRAMES;
}

/* What it asks for comes to @to. */
static void sends(struct ring *r, int to)
{
	struct sockaddr_ll lo = { .sll_family = AF_PACKET, .sll_protocol = htons(r->protocol), .sll_ifindex = 1, .sll_halen = 6 };
	unsigned int n;

	CHECK(sendto(r->fd, NULL, 0, 0, (void *)&lo, sizeof(lo)) > 0);
	work_settle();
	while (r->got < r->sent) {
		struct pollfd p = { .fd = to, .events = POLLIN };

		CHECK(poll(&p, 1, 5000) == 1);
		CHECK_EQ(recv(to, &n, sizeof(n), MSG_TRUNC), 8);
		CHECK_EQ(n, r->got);
		r->got++;
	}
}

/* Only packets that are as short as ours */
static void filter(int fd)
{
	struct sock_filter f[] = {
		{ BPF_LD | BPF_W | BPF_LEN, 0, 0, 0 },
		{ BPF_JMP | BPF_JGT | BPF_K, 0, 1, 100 },
		{ BPF_RET | BPF_K, 0, 0, 0 },
		{ BPF_RET | BPF_K, 0, 0, 0xffff },
	};
	struct sock_fprog p = { 4, f };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)) == 0);
}

int main(void)
{
	struct ring one, drained, full, late, fresh, three, taken, alone, out, out3, both;
	int to, to3, all, one_is = 1;
	char c;
	pid_t child;

	work_own("net");
	up();
	/* packets that wait, two of them read */
	one = make(TPACKET_V1, SOCK_RAW);
	frames(&one, PACKET_RX_RING);
	map(&one, FRAMES * FRAME);
	filter(one.fd);
	bind_it(&one);
	say_many(&one, 5);
	take_many(&one, 2);
	/* round once, and nothing waits; mapped by two */
	drained = make(TPACKET_V2, SOCK_DGRAM);
	set(drained.fd, PACKET_RESERVE, 32);
	frames(&drained, PACKET_RX_RING);
	map(&drained, FRAMES * FRAME);
	bind_it(&drained);
	say_many(&drained, 6);
	take_many(&drained, 6);
	say_many(&drained, 7);
	take_many(&drained, 7);
	/* full from the fourth on: the ninth did not come */
	full = make(TPACKET_V2, SOCK_RAW);
	set(full.fd, PACKET_VNET_HDR, 1);
	set(full.fd, PACKET_COPY_THRESH, 4000);
	frames(&full, PACKET_RX_RING);
	map(&full, FRAMES * FRAME);
	bind_it(&full);
	say_many(&full, 3);
	take_many(&full, 3);
	say_many(&full, 9);
	full.sent--;
	/* mapped later */
	late = make(TPACKET_V2, SOCK_RAW);
	frames(&late, PACKET_RX_RING);
	bind_it(&late);
	say_many(&late, 3);
	/* nothing has come, not bound */
	fresh = make(TPACKET_V3, SOCK_RAW);
	blocks(&fresh, 3, 30);
	map(&fresh, 3 * 2 * PAGE);
	/* blocks: of the fifth on some are read, and one may be open */
	three = make(TPACKET_V3, SOCK_DGRAM);
	blocks(&three, 4, 40);
	map(&three, 4 * 2 * PAGE);
	bind_it(&three);
	for (; three.seq < 6; take_blocks(&three))
		say_many(&three, 3);
	say(&three, 3000);
	say(&three, 3000);
	say(&three, 3000);
	say(&three, 40);
	/* blocks: all are the program's, and the kernel waits */
	taken = make(TPACKET_V3, SOCK_RAW);
	blocks(&taken, 2, 20);
	map(&taken, 2 * 2 * PAGE);
	bind_it(&taken);
	for (; taken.seq < 6; take_block(&taken, taken.seq >= 4))
		say_many(&taken, 1);
	/* blocks: there is one */
	alone = make(TPACKET_V3, SOCK_RAW);
	blocks(&alone, 1, 20);
	map(&alone, 2 * PAGE);
	bind_it(&alone);
	for (; alone.seq < 4; take_blocks(&alone))
		say_many(&alone, 1);
	/* three sent, two more asked for */
	out = make(TPACKET_V2, SOCK_RAW);
	frames(&out, PACKET_TX_RING);
	map(&out, FRAMES * FRAME);
	to = make(TPACKET_V1, SOCK_DGRAM).fd;
	bind_it(&(struct ring){ .fd = to, .protocol = out.protocol });
	ask(&out);
	ask(&out);
	ask(&out);
	sends(&out, to);
	ask(&out);
	ask(&out);
	/* of the third version */
	out3 = make(TPACKET_V3, SOCK_RAW);
	frames(&out3, PACKET_TX_RING);
	map(&out3, FRAMES * FRAME);
	to3 = make(TPACKET_V1, SOCK_DGRAM).fd;
	bind_it(&(struct ring){ .fd = to3, .protocol = out3.protocol });
	ask(&out3);
	sends(&out3, to3);
	/* two rings of one socket, mapped one behind the other; its own packets do not come to it */
	both = make(TPACKET_V2, SOCK_RAW);
	CHECK(setsockopt(both.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one_is, sizeof(one_is)) == 0);
	frames(&both, PACKET_RX_RING);
	frames(&both, PACKET_TX_RING);
	map(&both, 2 * FRAMES * FRAME);
	bind_it(&both);
	say_many(&both, 4);
	take_many(&both, 1);

	/* who listens to everything hears nothing but what the program sends */
	all = make(TPACKET_V1, SOCK_RAW).fd;
	bind_it(&(struct ring){ .fd = all, .protocol = ETH_P_ALL });

	child = work_fork();
	if (!child) {
		work_up();
		work_wait();
		/* the parent has read what came */
		while (*(volatile unsigned int *)(drained.map + FRAME - 8) != 4711)
			work_sleep(1);
		_exit(0);
	}

	work_ready();

	CHECK(recv(all, &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	close(all);
	take_many(&one, 3);
	empty(&one);
	say(&one, 200);		/* not through the filter */
	one.sent--;
	say_many(&one, 7);
	CHECK(readable(&one));
	take_many(&one, 7);
	empty(&one);

	empty(&drained);
	say_many(&drained, 10 - 2);
	take_many(&drained, 8);
	empty(&drained);
	*(volatile unsigned int *)(drained.map + FRAME - 8) = 4711;
	work_join(child, 0);

	CHECK(readable(&full));
	say(&full, 40);
	full.sent--;
	take_many(&full, 8);
	empty(&full);
	say_many(&full, 2);
	take_many(&full, 2);

	map(&late, FRAMES * FRAME);
	take_many(&late, 3);
	say_many(&late, 6);
	take_many(&late, 6);
	empty(&late);

	bind_it(&fresh);
	say_many(&fresh, 2);
	take_blocks(&fresh);

	take_blocks(&three);
	say_many(&three, 3);
	take_blocks(&three);
	for (; three.seq < 15; take_blocks(&three))
		say_many(&three, 1);

	CHECK_EQ(taken.got, taken.sent);
	say_many(&taken, 1);	/* does not come */
	taken.sent--;
	taken.next = 1;
	CHECK(closed(&taken));	/* the fourth */
	CHECK_EQ(block(&taken)->hdr.bh1.seq_num, 4);
	block(&taken)->hdr.bh1.block_status = TP_STATUS_KERNEL;
	taken.next = 0;
	CHECK(closed(&taken));
	block(&taken)->hdr.bh1.block_status = TP_STATUS_KERNEL;
	taken.next = 1;
	say_many(&taken, 2);
	take_blocks(&taken);
	say_many(&taken, 2);
	take_blocks(&taken);

	say_many(&alone, 1);
	take_blocks(&alone);
	say_many(&alone, 1);
	take_blocks(&alone);

	sends(&out, to);
	for (int i = 0; i < 7; i++)
		ask(&out);
	sends(&out, to);

	ask(&out3);
	ask(&out3);
	sends(&out3, to3);

	take_many(&both, 3);
	say_many(&both, 6);
	take_many(&both, 6);
	empty(&both);
	work_pass();
}
