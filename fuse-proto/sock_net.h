/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which network namespace sockets are: they are asked there, and made there. */
#ifndef CRFS_SOCK_NET_H
#define CRFS_SOCK_NET_H

#include <limits.h>

#include "image.h"
#include "snap.h"
#include "sockopt.h"

/**
 * struct sock_net - a network namespace in which the container has sockets
 * @ino: what identifies it; @id: ns/net-<id>, 0: the mounter's; @fd: by which one gets there
 * @seen: its struct net in the kernel's memory, once a socket has shown it
 * @usual: sockopt.c: the options of fresh sockets in it
 * @dumped: unix_scan.c: its unix sockets are known
 */
struct sock_net {
	ino_t ino;
	unsigned int id;
	int fd;
	uint64_t seen;
	struct usual *usual;
	bool dumped;
	struct sock_net *next;
};

/** sock_nets_begin() - the thread is in that of the container's first task. Return: 0 or a negative errno */
int sock_nets_begin(struct snap *s);
/** sock_nets_end() - back there, and all are forgotten. Return: 0 or a negative errno */
int sock_nets_end(struct snap *s);

/** sock_nets_meet() - those of all sockets, where the container has several namespaces: before any is read */
int sock_nets_meet(struct snap *s);

/** sock_net_of() - the one that @fd, a duplicate of @f, is in; NULL: no memory, or it cannot be asked */
struct sock_net *sock_net_of(struct snap *s, const struct file *f, int fd);

/** sock_net_go() - there; every socket is asked from where it is. Return: 0 or a negative errno */
int sock_net_go(struct snap *s, struct sock_net *n);

/** sock_net_row() - a row of the options of @f: in which it is, if not in that of the first task; false: there */
bool sock_net_row(const struct snap *s, uint64_t *id);

/** sock_net_id() - of a socket of the tree: ns/net-<id>, 0: the mounter's */
unsigned int sock_net_id(const struct image *im, const struct iobj *o);
/** sock_net_key() - for telling which of two sockets of the tree are in the same */
static inline unsigned int sock_net_key(const struct iobj *o)
{
	return sockopt_net(o, UINT_MAX);
}
/** sock_net_enter() - the controller goes to where @o is made; @o NULL: home. Return: 0 or a negative errno */
int sock_net_enter(struct restore *rs, const struct iobj *o);

#endif
