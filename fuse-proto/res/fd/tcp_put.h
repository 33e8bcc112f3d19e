/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that put TCP sockets back: tcp_check.c, tcp_repair.c, tcp_full.c, tcp_put.c. */
#ifndef CRFS_FD_TCP_PUT_H
#define CRFS_FD_TCP_PUT_H

#include "tcp.h"
#include "tcp_error.h"
#include "tcp_urgent.h"

#define TCP_BUF_MAX (1 << 30)
#define TCP_SEND_WAIT_MS 2000

/**
 * struct rtcp - a socket that is put back; its file's ->priv
 * @local, @peer, @lend, @pend: its ends; @pair: the socket at the other end, NULL: it is not in the tree
 * @queue: what it holds, or NULL; @net: the network namespace it is in
 * @mirror: the other side that was made for a moment, -1: none
 * @urgent: where in its queues that is; @heard: what came behind it, too, has come again
 * @error: what it has to tell, when it is over
 */
struct rtcp {
	const struct crfs_fd_tcp *r;
	union tcp_addr local, peer;
	struct tcp_end lend, pend;
	struct iobj *o, *queue;
	unsigned int net;
	struct rtcp *pair;
	int mirror;
	struct tcp_urgent urgent;
	bool heard;
	struct tcp_error error;
};

/** tcp_after() - does sequence number @a come after @b? */
static inline bool tcp_after(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a) < 0;
}

/** rtcp_of() - that of a file; NULL: it is no TCP socket, or one that is not right */
struct rtcp *rtcp_of(const struct iobj *o);

/** rtcp_order() - for qsort(3) of pointers to them: by both ends, and the network namespace */
int rtcp_order(const void *a, const void *b);

/** tcp_is_last() - are all other TCP sockets of the tree known by now? */
bool tcp_is_last(const struct image *im, const struct iobj *o);

/** tcp_set_int() - setsockopt(2) of an int. Return: 0 or a negative errno; so do the others */
int tcp_set_int(int fd, int level, int option, int v);

/** tcp_set_seq() - in repair mode: where @queue (TCP_RECV_QUEUE, TCP_SEND_QUEUE) begins */
int tcp_set_seq(int fd, int queue, uint32_t seq);

/** tcp_set_buffers() - so large for now; tcp_put_buffers() - to their old size, and growing by themselves if they did */
int tcp_set_buffers(int fd, uint32_t snd, uint32_t rcv);
int tcp_put_buffers(const struct rtcp *t);

/** tcp_ts_offset() - of the clock of timestamps here, where it was @offset */
uint32_t tcp_ts_offset(const struct restore *rs, uint32_t offset);
int tcp_put_timestamp(int fd, uint32_t offset);

/** tcp_put_window() - in repair mode; @rcv_seq: behind what has been received by then */
int tcp_put_window(int fd, const struct crfs_fd_tcp *r, uint32_t rcv_seq);

/** tcp_nap() - while somebody else does something */
void tcp_nap(void);

/** tcp_put_sent() - a part of the queue "send", from @from on, @len bytes */
int tcp_put_sent(int fd, const struct rtcp *t, off_t from, off_t len);

/** tcp_is_shut() - has its peer, in the tree, something to send for which there is no window? */
bool tcp_is_shut(const struct rtcp *t);

/**
 * tcp_zeros() - how many bytes that nobody has sent are put before what it has received, so that its buffer is as full as it
 * was; tcp_take_zeros() - they are read, out of repair mode
 */
uint32_t tcp_zeros(const struct rtcp *t);
int tcp_take_zeros(int fd, const struct rtcp *t);

/** tcp_put_received() - in repair mode; tcp_received() - the sequence number behind what is there by then */
int tcp_put_received(int fd, const struct rtcp *t);
uint32_t tcp_received(const struct rtcp *t);

/** tcp_mirror() - the other side of @t, for a moment. Return: a descriptor or a negative errno */
int tcp_mirror(const struct rtcp *t, uint32_t snd, uint32_t rcv);

/**
 * tcp_put_dead() - a connection that is over; a reason is noted. When it is, tcp_dead_done() takes away what made it so
 * Return: 0 or a negative errno
 */
int tcp_put_dead(struct restore *rs, struct rtcp *t);
int tcp_dead_done(const struct rtcp *t);

/** tcp_connect_in_repair() - up to ESTABLISHED, in repair mode, where no packet comes of it */
int tcp_connect_in_repair(struct rtcp *t, int fd);

/** tcp_put_connection() - that, and what has been agreed on, queues and windows; a reason is noted */
int tcp_put_connection(struct restore *rs, struct rtcp *t);

#endif
