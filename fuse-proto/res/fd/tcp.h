/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What reading TCP sockets and putting them back have in common. */
#ifndef CRFS_FD_TCP_H
#define CRFS_FD_TCP_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <crfs/res/fd/tcp.h>

#include "image.h"
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

/** tcp_done() - all files are read: forget what was found out about connections */
void tcp_done(struct snap *s);

/** tcp_make_way() - take away what is left on local port @port of connections that the tree has, or are over
 */
void tcp_make_way(const struct image *im, uint16_t port);

void tcp_check(struct image *im, struct iobj *o);
int tcp_make(struct restore *rs, struct iobj *o);

#endif
