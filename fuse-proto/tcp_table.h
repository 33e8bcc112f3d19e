/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TCP connections of this network: who is at the other end. */
#ifndef CRFS_TCP_TABLE_H
#define CRFS_TCP_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

/** struct tcp_end - an address as IPv6 has it (IPv4 mapped) and a port in host order */
struct tcp_end {
	uint8_t addr[16];
	uint16_t port;
};

/** tcp_end_v4() - is it one of IPv4? */
static inline bool tcp_end_v4(const struct tcp_end *e)
{
	return !memcmp(e->addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
}

/** tcp_end_any() - is it no address, 0.0.0.0 or ::? */
static inline bool tcp_end_any(const struct tcp_end *e)
{
	static const uint8_t any[16];

	return !memcmp(e->addr + (tcp_end_v4(e) ? 12 : 0), any, tcp_end_v4(e) ? 4 : 16);
}

/**
 * struct tcp_conn - a socket of the network, from sock_diag(7)
 * @ino: of its descriptors; 0: it has none (closed, or not accepted yet)
 * @state: TCP_ESTABLISHED ...
 * @rqueue, @wqueue: bytes not read, and not acknowledged
 * @unacked: segments on their way; @unsent: bytes; @snd_wnd: the peer's window
 * @keyed: it has MD5 keys; @v6only: IPV6_V6ONLY
 * @agreed: TCPI_OPT_*; @snd_wscale, @rcv_wscale: how windows are scaled
 */
struct tcp_conn {
	struct tcp_end local, peer;
	uint32_t ino;
	uint8_t state;
	bool keyed, v6only;
	uint8_t agreed, snd_wscale, rcv_wscale;
	uint32_t rqueue, wqueue, unacked, unsent, snd_wnd;
};

/**
 * struct tcp_table - all of them: @conns, in the order of their ends, and @by_ino the same by inode
 * @listen: those that listen
 */
struct tcp_table {
	struct tcp_conn *conns, **by_ino, **listen;
	size_t nr, cap, nr_listen;
};

/** tcp_table_take() - ask for all; what @t held before goes. Return: 0 or a negative errno */
int tcp_table_take(struct tcp_table *t);
void tcp_table_free(struct tcp_table *t);

const struct tcp_conn *tcp_table_ino(const struct tcp_table *t, ino_t ino);
/** tcp_table_find() - the socket with these ends, or NULL */
const struct tcp_conn *tcp_table_find(const struct tcp_table *t, const struct tcp_end *local,
				      const struct tcp_end *peer);

/** tcp_end_ask() - the socket with these ends as it is now. Return: 0, -ENOENT or another negative errno */
int tcp_end_ask(const struct tcp_end *local, const struct tcp_end *peer, struct tcp_conn *c);

/** tcp_end_here() - is its address one of this machine? Asks, makes nothing */
bool tcp_end_here(const struct tcp_end *e);

/**
 * tcp_end_remains() - take away what is left of a connection that nobody has any more
 * Only sockets without a descriptor go: in TIME_WAIT, or still saying goodbye.
 * Return: 0, or -EADDRINUSE if somebody has it, or another negative errno
 */
int tcp_end_remains(const struct tcp_end *local, const struct tcp_end *peer);

/** tcp_end_abort() - end one of our own (ECONNABORTED). Return: 0 or a negative errno */
int tcp_end_abort(const struct tcp_end *local, const struct tcp_end *peer);

/** tcp_end_waits() - take away what is in TIME_WAIT on a local port. Return: 0 or a negative errno */
int tcp_end_waits(uint16_t port);

#endif
