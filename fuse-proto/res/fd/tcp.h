/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading TCP sockets and putting them back have in common. */
#ifndef CRFS_FD_TCP_H
#define CRFS_FD_TCP_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <crfs/res/fd/tcp.h>

#include "image.h"
#include "kmem.h"
#include "snap.h"
#include "tcp_table.h"

/* The section of a tcp file that has the options */
#define TCP_OPTIONS 1

union tcp_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/** tcp_state_name() - of a state that a socket with a descriptor can be in, or "another state" */
const char *tcp_state_name(uint8_t state);

/** tcp_known() - is it one of those? */
bool tcp_known(uint8_t state);

/** tcp_fin_out() - has our FIN been queued or sent? */
static inline bool tcp_fin_out(uint8_t state)
{
	return state == CRFS_TCP_FIN_WAIT1 || state == CRFS_TCP_FIN_WAIT2 ||
	       state == CRFS_TCP_LAST_ACK || state == CRFS_TCP_CLOSING;
}

/** tcp_fin_in() - has the peer's come? */
static inline bool tcp_fin_in(uint8_t state)
{
	return state == CRFS_TCP_CLOSE_WAIT || state == CRFS_TCP_LAST_ACK ||
	       state == CRFS_TCP_CLOSING;
}

/** tcp_connected() - is it in a state that has a peer which knows of it? */
static inline bool tcp_connected(uint8_t state)
{
	return state != CRFS_TCP_CLOSE && state != CRFS_TCP_SYN_SENT;
}

/** tcp_end_of() - as the table of connections has it */
void tcp_end_of(const union tcp_addr *a, struct tcp_end *e);

/** tcp_clock_even() - CLOCK_MONOTONIC in ms, at a moment when that is even */
uint32_t tcp_clock_even(void);

/** tcp_clock_is() - is it still that ms? */
bool tcp_clock_is(uint32_t at);

/**
 * struct tcp_quick - what is known already while connections are read quickly
 * @algorithm, @name: of congestion control, where the kernel has it and its name
 * @skew: of our clock, once it was looked at (@clocked)
 */
struct tcp_quick {
	uint64_t algorithm;
	char name[16];
	uint32_t skew;
	bool clocked;
};

/** tcp_quick_can() - as far as the table of connections tells */
bool tcp_quick_can(const struct tcp_conn *c);

/**
 * tcp_quick_read() - a connection in which nothing waits
 * Return: false: it must be asked the long way, and @r is as it was
 */
bool tcp_quick_read(struct snap *s, const struct file *f, const struct tcp_conn *c, struct tcp_quick *q,
		    struct crfs_fd_tcp *r, char congestion[16]);

/** tcp_done() - all files are read: forget what was found out about connections */
void tcp_done(struct snap *s);

/** tcp_make_way() - take away what is left on local port @port of connections that the tree has, or are over
 */
void tcp_make_way(const struct image *im, uint16_t port);

/** tcp_listens() - a listener is about to be read: with -o tcp=guard nobody outside gets through to it any more */
void tcp_listens(struct snap *s, const struct file *f);

/** tcp_deferred() - how many from outside have called a listener, and it waits for their data (TCP_DEFER_ACCEPT) */
unsigned int tcp_deferred(struct snap *s, const struct file *f);

/** tcp_kmem() - the kernel's memory, and the connections are known; NULL: @rc says why not */
struct kmem *tcp_kmem(struct snap *s, int *rc);

/**
 * tcp_queued() - a connection that waits to be accepted; NULL: it is over
 * @is_inside: its other end is in the container, or closed for good
 */
const struct tcp_conn *tcp_queued(struct snap *s, const struct tcp_end *local, const struct tcp_end *peer,
				  bool *is_inside);

/** tcp_addr_text() - an address as text, in the pool; empty: no address and no port */
struct crfs_str tcp_addr_text(struct snap *s, const union tcp_addr *a, uint16_t *port, uint32_t *scope);

/** tcp_addr_fill() - and back. Return: is it an address as inet_ntop(3) would have written it? */
bool tcp_addr_fill(union tcp_addr *a, uint16_t family, const struct crfs_str *text, uint16_t port,
		   uint32_t scope);

static inline socklen_t tcp_addr_size(const union tcp_addr *a)
{
	return a->sa.sa_family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
}

/** struct tcp_numbers - where a connection begins that is made in repair mode */
struct tcp_numbers {
	uint32_t snd, rcv;
};

/** tcp_stand_in() - one end of a connection, in repair mode, for a moment. Return: a descriptor or -errno */
int tcp_stand_in(const union tcp_addr *local, const union tcp_addr *peer, struct tcp_numbers n);

/** tcp_vanish() - end it without a word to the other side */
void tcp_vanish(int fd);

/** tcp_in_tree() - does a file of the tree have this end? @ts: its timestamps are at that */
bool tcp_in_tree(const struct restore *rs, const struct tcp_end *local, const struct tcp_end *peer,
		 uint32_t *ts);

/** tcp_clock_kept() - is the clock of timestamps still that of the machine of the checkpoint? */
bool tcp_clock_kept(const struct restore *rs);

void tcp_check(struct image *im, struct iobj *o);
int tcp_make(struct restore *rs, struct iobj *o);

#endif
