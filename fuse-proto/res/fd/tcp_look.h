/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of the container's connections, for the files that read TCP sockets (tcp_look.c). */
#ifndef CRFS_FD_TCP_LOOK_H
#define CRFS_FD_TCP_LOOK_H

#include "repair.h"
#include "tcp.h"

struct sock_net;

/**
 * struct tcp_there - the connections of one network namespace in which the container is
 */
struct tcp_there {
	struct sock_net *net;
	struct tcp_table table;
	struct tcp_there *next;
};

/**
 * struct tcp_told - what a connection has told when it was read
 * @at, @c: it, as the table has it; @una, @nxt: what was sent from there on is not acknowledged, and not sent; @rcv: what
 * has come ends there; @fin: its own FIN is among what was sent
 */
struct tcp_told {
	const struct tcp_there *at;
	const struct tcp_conn *c;
	const struct file *f;
	uint32_t una, nxt, rcv;
	bool fin;
};

/**
 * struct tcp_look - what is known of the network while files are read
 * @nets: one for each that the container has; @inos: sockets of the container, sorted
 * @clocks: offset of the timestamps of files/<id>, by id; @nr_clocks: how many
 * @told: what connections have told so far, @nr_told of them
 * @rc, @err: why nothing is known
 */
struct tcp_look {
	struct snap *s;
	struct tcp_there *nets;
	struct repair guard;
	struct tcp_quick quick;
	ino_t *inos;
	size_t nr;
	uint32_t *clocks;
	size_t nr_clocks;
	struct tcp_told *told;
	size_t nr_told;
	int rc;
	struct err err;
};

/*
 * Who is at the other end: a socket of the container, or one that waits to be accepted in it; one that is closed
 * for good, or none; somebody else
 */
enum tcp_who { PEER_INSIDE, PEER_QUEUED, PEER_SHAKES, PEER_NOBODY, PEER_WAITS, PEER_SENDS, PEER_OUTSIDE };

/** tcp_look() - once for all sockets, when the first that is connected is read. Return: NULL: no memory */
struct tcp_look *tcp_look(struct snap *s);

/*
 * tcp_look_guard() - what tcp_look() begins with where connections are guarded, for the container of somebody else who reads
 * @s: its sockets, by inode numbers, as @files; the network namespaces that these are in as @nets; and @cg
 * Return: 0, or a negative errno with the reason in @e
 */
int tcp_look_guard(struct snap *s, struct err *e);

/** tcp_there() - those of the network namespace where we look just now, or NULL */
struct tcp_there *tcp_there(const struct snap *s, const struct tcp_look *l);

/** tcp_look_ino() - the connection of the socket with this inode number there, or NULL */
const struct tcp_conn *tcp_look_ino(const struct snap *s, const struct tcp_look *l, ino_t ino);

/** tcp_peer_of() - the other end of @c, which is in @at, in whatever namespace of the container; or NULL */
const struct tcp_conn *tcp_peer_of(const struct tcp_look *l, const struct tcp_there *at, const struct tcp_conn *c);

enum tcp_who tcp_who(const struct tcp_look *l, const struct tcp_there *at, const struct tcp_conn *c);

/** tcp_tell() - note what a connection has told, to be compared with its peer's. Return: 0 or -ENOMEM */
int tcp_tell(struct tcp_look *l, const struct tcp_told *t);

/** tcp_compare() - all have told; name those that do not go together with their peers */
void tcp_compare(struct tcp_look *l);

/** tcp_read_clocks() - the offsets of @n sockets: in the ms that they are told in, time stands still */
void tcp_read_clocks(const int *fds, uint32_t *const *clocks, size_t n);

#endif
