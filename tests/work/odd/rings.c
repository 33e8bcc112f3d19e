// SPDX-License-Identifier: GPL-2.0-or-later
/* Rings that the kernel shares with a program, mapped as they cannot be mapped again: each is named, and goes on unharmed. */
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "tests/work/odd/odd.h"
#include "tests/work/uring.h"

#define PAGE 4096

/* Two requests that are done, one that the kernel is not told of */
static struct uring some_uring(void)
{
	struct uring u;

	uring_open(&u, 128, 0);	/* two pages of them */
	uring_map(&u);
	uring_put(&u, (struct io_uring_sqe){ .opcode = IORING_OP_NOP }, 1);
	uring_put(&u, (struct io_uring_sqe){ .opcode = IORING_OP_NOP }, 2);
	uring_enter(&u, 2);
	uring_put(&u, (struct io_uring_sqe){ .opcode = IORING_OP_NOP }, 3);
	return u;
}

ODD(uring_part)
{
	struct uring u = some_uring();

	CHECK(munmap(u.sqes, PAGE) == 0);
	work_ready();
	CHECK_EQ(u.sqes[127].user_data, 0);
	CHECK_EQ(*uring_word(&u, u.p.cq_off.tail), 2);
}

/* One that is mapped by who has closed it. */
ODD(uring_closed)
{
	struct uring u = some_uring();

	CHECK(close(u.fd) == 0);
	work_ready();
	CHECK_EQ(*uring_word(&u, u.p.cq_off.tail), 2);
	CHECK_EQ(u.sqes[2].user_data, 3);
}

static int packet_ring(void)
{
	struct tpacket_req q = { .tp_block_size = PAGE, .tp_block_nr = 2, .tp_frame_size = 2048, .tp_frame_nr = 4 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	CHECK(fd >= 0 && setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &q, sizeof(q)) == 0);
	return fd;
}

static char *mapped(int fd, int how)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, how, fd, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

ODD(packet_ring_copy)
{
	char *p = mapped(packet_ring(), MAP_PRIVATE);

	strcpy(p + PAGE, "mine");
	work_ready();
	CHECK(!strcmp(p + PAGE, "mine") && !*p);
}

ODD(packet_ring_part)
{
	char *p = mapped(packet_ring(), MAP_SHARED);

	CHECK(munmap(p + PAGE, PAGE) == 0);
	work_ready();
	CHECK(!*p);
}

ODD(packet_ring_closed)
{
	int fd = packet_ring();
	char *p = mapped(fd, MAP_SHARED);

	CHECK(close(fd) == 0);
	work_ready();
	CHECK(!*p);
}
