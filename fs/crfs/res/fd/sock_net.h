/* SPDX-License-Identifier: GPL-2.0-only */
/* In which network namespace sockets are. */
#ifndef CRFS_SOCK_NET_H
#define CRFS_SOCK_NET_H

#include "internal.h"

/** struct sock_net - a network namespace in which the container has sockets, with a reference while the snapshot is taken */
struct sock_net {
	struct net *net;
	struct sock_net *next;
};

/* sock_net_go() - what is asked from now on is asked where the socket @f is. Return: 0, also where it was named, or -ENOMEM */
int sock_net_go(struct snap *s, const struct cfile *f);

/* sock_net_enter() - the same of @net, which is that of @f */
int sock_net_enter(struct snap *s, const struct cfile *f, struct net *net);

/* sock_net_row() - the number of where we are in the tree. Return: is it another than that of the container's first task? */
bool sock_net_row(struct snap *s, u32 *id);

#endif
