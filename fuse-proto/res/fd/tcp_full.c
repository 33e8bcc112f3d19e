// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What has come and was not read, put back so that it takes as much of the receiver's buffer as it did.
 *
 * A window is shut not by so many bytes, but by the memory they are in, which may be thirty times that: heads of packets,
 * and what a reader has read already of the first of them. In large pieces the same bytes take less, and the kernel, which
 * probes a shut window from time to time, frozen or not, would open it and send on, so that the container were not as it
 * was any more. The tree has no such numbers, and needs none: where the peer has something to send and no window for it,
 * the buffer was full, and is made full again. __tcp_select_window() (net/ipv4/tcp_output.c) calls it full from 15/16 on.
 *
 * So what is missing is made half of small pieces, and half of a first packet that begins with zeros, which are read as soon
 * as no repair mode forbids that; its memory goes when all of it has been read.
 */
#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/inode/tcp_queue.h>

#include "res/inode/tcp_queue.h"
#include "rooms.h"
#include "sockopt.h"
#include "tcp_put.h"

#define PAGE 4096
#define CHUNK (64 << 10)

/*
 * The kernel makes a packet of each piece, or adds it to the last if there is room in that. This is more than half of what
 * one of 1024 bytes has room for, before and since Linux 6.3 (skb_small_head_cache): a packet each, of 960 or 1280 bytes.
 */
#define LOOSE 353

/*
 * Whole pages become one packet, of 17 parts at most (MAX_SKB_FRAGS), each of 2, 4 or 8 pages or a single one: seven times
 * two of 8, and three for what is left of 64 KiB in steps of two pages.
 */
#define FIRST_MAX (7 * CHUNK + 14 * PAGE)
#define FIRST_BYTES 2048	/* of these at most are not zeros */

bool tcp_is_shut(const struct rtcp *t)
{
	const struct crfs_fd_tcp *p = t->pair && !tcp_fin_in(t->r->state) ? t->pair->r : NULL;

	return p && tcp_after(p->snd_seq, p->snd_seq - tcp_fin_out(p->state) - p->unsent - p->unacked + p->snd_wnd);
}

/* Up to urgent data, which only a segment can make such; then it is said again: hear_urgent() */
static uint32_t plain_bytes(const struct rtcp *t)
{
	int64_t at = tcp_urgent_in(&t->urgent);

	return at >= 0 ? at : t->r->unread;
}

/* The sequence number behind what is there by then */
uint32_t tcp_received(const struct rtcp *t)
{
	uint32_t end = t->r->rcv_seq - tcp_fin_in(t->r->state);

	return t->heard ? end : end - t->r->unread + plain_bytes(t);
}

/* Up to where it is to be full; 0: it was not */
static uint32_t full_at(const struct rtcp *t)
{
	return tcp_is_shut(t) && tcp_urgent_in(&t->urgent) < 0 && t->queue ? t->r->rcvbuf - t->r->rcvbuf / 32 : 0;
}

static uint32_t first_bytes(const struct rtcp *t)
{
	return t->r->unread < FIRST_BYTES ? t->r->unread : FIRST_BYTES;
}

/* A large piece takes 1/64 more than it has. */
static uint32_t dense(uint32_t bytes)
{
	return bytes + bytes / 64;
}

uint32_t tcp_zeros(const struct rtcp *t)
{
	const uint32_t full = full_at(t), left = t->r->unread;
	uint32_t step, first;

	if (!left || full <= dense(left))
		return 0;
	first = full - dense(left);
	first -= first / 2 < left ? first / 2 : left;
	step = first < CHUNK ? PAGE : 2 * PAGE;
	first = (first + step - 1) / step * step;
	return (first < FIRST_MAX ? first : FIRST_MAX) - first_bytes(t);
}

static uint32_t taken(int fd)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len) < 0 ? 0 : mem[SK_MEMINFO_RMEM_ALLOC];
}

static int put(int fd, const char *buf, uint32_t len)
{
	ssize_t n;

	for (; len; buf += n, len -= n) {
		n = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return -errno;
	}
	return 0;
}

/* Behind zeros, as one packet if the kernel has parts that large. @lost: what will be free as soon as those are read */
static int put_first(int fd, struct node *n, uint32_t zeros, uint32_t bytes, char *buf, uint32_t *lost)
{
	uint32_t left = zeros + bytes, len, was;
	ssize_t got;
	int rc = 0;

	*lost = 0;
	for (; left && !rc; left -= len) {
		len = left % CHUNK ?: CHUNK;
		memset(buf, 0, len);
		got = left == len ? node_pread(n, buf + len - bytes, bytes, 0) : bytes;
		if (got != bytes)
			return got < 0 ? (int)got : -EIO;
		was = taken(fd);
		rc = put(fd, buf, len);
		if (taken(fd) - was != len)
			*lost = was;
	}
	return rc;
}

/* In large pieces, or in small ones as long as those would not take all up to @full. */
static int put_rest(int fd, struct node *n, uint32_t at, uint32_t len, char *buf, uint32_t full)
{
	uint32_t from = 0, has = 0, is, piece;
	ssize_t got;
	int rc = 0;

	for (; at < len && !rc; from += piece, at += piece) {
		if (from == has) {
			got = node_pread(n, buf, len - at < CHUNK ? len - at : CHUNK, at);
			if (got <= 0)
				return got < 0 ? (int)got : -EIO;
			has = got;
			from = 0;
		}
		is = full ? taken(fd) : 0;
		piece = full > is && full - is > dense(len - at) ? LOOSE : CHUNK;
		if (piece > has - from)
			piece = has - from;
		rc = put(fd, buf + from, piece);
	}
	return rc;
}

int tcp_put_received(int fd, const struct rtcp *t)
{
	uint32_t zeros = tcp_zeros(t), at = zeros ? first_bytes(t) : 0, full = full_at(t), lost = 0;
	struct node *n = t->queue && plain_bytes(t) ? tcp_queue_node(t->queue, "recv") : NULL;
	int rc = tcp_set_int(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	char *buf = n ? malloc(CHUNK) : NULL;

	if (rc || !n)
		return rc;
	rc = buf ? 0 : -ENOMEM;
	if (!rc && zeros)
		rc = put_first(fd, n, zeros, at, buf, &lost);
	if (!rc)
		rc = put_rest(fd, n, at, plain_bytes(t), buf, full ? full + lost : 0);
	free(buf);
	return rc;
}

/* Where it is that MSG_PEEK looks next stays. */
int tcp_take_zeros(int fd, const struct rtcp *t)
{
	uint32_t left = tcp_zeros(t);
	const int peek = left ? sock_int(fd, SOL_SOCKET, SO_PEEK_OFF) : -1;
	ssize_t n;

	while (left) {
		n = recv(fd, NULL, left, MSG_TRUNC | MSG_DONTWAIT);
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		left -= n;
	}
	return peek > 0 ? tcp_set_int(fd, SOL_SOCKET, SO_PEEK_OFF, peek) : 0;
}
