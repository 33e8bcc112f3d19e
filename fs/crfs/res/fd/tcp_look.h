/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP connections: who is at the other end. */
#ifndef CRFS_TCP_LOOK_H
#define CRFS_TCP_LOOK_H

#include <linux/types.h>

#include <crfs/res/fd/tcp.h>

#include "internal.h"

struct sock;

/** struct tcp_end - an address as IPv6 has it (IPv4 mapped) and a port in host order */
struct tcp_end {
	u8 addr[16];
	u16 port;
};

/** struct tcp_conn - the socket at the other end, which is in @net; @moves: what it has sent has not come yet */
struct tcp_conn {
	const struct net *net;
	bool found, inside, moves;
	unsigned long ino;
	u8 state;
	u32 wqueue;
};

/*
 * Who is at the other end: a socket of the container, or one that waits to be accepted in it; one that is closed
 * for good, or none; somebody else
 */
enum tcp_who { PEER_INSIDE, PEER_QUEUED, PEER_SHAKES, PEER_NOBODY, PEER_WAITS, PEER_SENDS, PEER_OUTSIDE };

/*
 * tcp_look() - find out once who is inside, guard connections with the outside if that is asked for, and wait until what
 * is on its way has come. Return: 0, also where they could not be guarded, or -errno
 */
int tcp_look(struct snap *s);

/* tcp_listens() - of a TCP socket of any state: name it if connections should be guarded, and are not */
void tcp_listens(struct snap *s, const struct cfile *f);

/** struct tcp_unguarded - why they are not; @code: 0: they are */
struct tcp_unguarded {
	int code;
	const char *why;
};

/*
 * guard_set() - guard the connections of @nr sockets with the outside (guard.c)
 * Return: 0 and, where that could not be done, @u; or a negative errno: look again
 */
int guard_set(struct snap *s, const struct sock *const *v, size_t nr, struct tcp_unguarded *u);

/* tcp_end_of() - the own end of a socket, or the other */
void tcp_end_of(const struct sock *sk, bool peer, struct tcp_end *e);

/* tcp_find() - the socket with these ends that who is in @net is connected with, as it is now */
void tcp_find(const struct snap *s, struct net *net, const struct tcp_end *local, const struct tcp_end *peer,
	      struct tcp_conn *c);

/* tcp_whose() - who is at the other end of @sk; @p: that end */
enum tcp_who tcp_whose(const struct snap *s, const struct sock *sk, struct tcp_conn *p);

/*
 * tcp_deferred() - how many from outside have called the listener @sk, and it waits for their data (TCP_DEFER_ACCEPT)
 * Return: 0 or -ENOMEM
 */
int tcp_deferred(struct snap *s, struct sock *sk, u32 *n);

/* tcp_here() - is its address one of this network? */
bool tcp_here(struct net *net, const struct tcp_end *e);

/* tcp_first() - the TCP socket of one that listens, also for MPTCP; with a reference. Return: NULL: it is not there */
struct sock *tcp_first(struct sock *sk);

/* tcp_keyed() - is it signed (TCP_MD5SIG)? tcp_ao() - or by TCP_AO? */
bool tcp_keyed(struct sock *sk);
bool tcp_ao(const struct sock *sk);

/*
 * tcp_addr() - an address as text, as inet_ntop(3) writes it, in the pool; empty: no address and no port
 * @family: of the socket; @v6: where it stands, or an IPv4 address in the first four bytes
 */
struct crfs_str tcp_addr(struct snap *s, int family, const void *addr, u16 port);

/* tcp_recv() - the bytes of @sk that were not read, from @begin on, no more than @size; under its lock */
int tcp_recv(struct sock *sk, u32 begin, u32 size, struct text *out);

static inline bool tcp_fin_out(u8 state)
{
	return state == CRFS_TCP_FIN_WAIT1 || state == CRFS_TCP_FIN_WAIT2 || state == CRFS_TCP_LAST_ACK ||
	       state == CRFS_TCP_CLOSING;
}

static inline bool tcp_fin_in(u8 state)
{
	return state == CRFS_TCP_CLOSE_WAIT || state == CRFS_TCP_LAST_ACK || state == CRFS_TCP_CLOSING;
}

/* Is it in a state that has a peer which knows of it? */
static inline bool tcp_connected(u8 state)
{
	return state != CRFS_TCP_CLOSE && state != CRFS_TCP_SYN_SENT;
}

/*
 * tcp_queue_put() - make the inode of a socket's queues, of texts from snap_text(); @send: NULL: nothing
 * Return: its id, 0: no memory
 */
u32 tcp_queue_put(struct snap *s, const struct sock *sk, struct text *recv, struct text *send);

/* listener_queue_read() - the section of connections that wait (listener_queue.c) */
int listener_queue_read(struct snap *s, struct cfile *f, struct sock *sk, u16 port, u32 n, struct text *out);

#endif
