/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rooms of sockets without connections share: addresses, shutdown, multicast groups. */
#ifndef CRFS_INET_H
#define CRFS_INET_H

#include <crfs/res/fd/inet.h>

#include "internal.h"

struct sock;

/* inet_of() - the socket of @f, if it is one of IPv4 or IPv6 of this type */
struct sock *inet_of(const struct cfile *f, int type);

/* inet_read() - names, owner and shutdown; names what cannot be carried. Return: 0 or a negative errno */
int inet_read(struct snap *s, struct cfile *f, struct crfs_fd_inet *r);

/* inet_error_read() - a row with the error that it has not yet told, behind the options; or that is named */
void inet_error_read(struct snap *s, const struct cfile *f, const struct sock *sk, const struct crfs_fd_inet *r,
		     struct text *out);

/* inet_groups_read() - the section of multicast groups */
int inet_groups_read(struct snap *s, struct sock *sk, struct text *out);

/* inet_ifname() - the name of interface @index, in the pool; empty if it has none */
struct crfs_str inet_ifname(struct snap *s, int index);

/* datagrams_inode() - the inode of what waits in a UDP socket; 0: nothing does (res/inode/datagrams.c) */
int datagrams_inode(struct snap *s, struct cfile *f, struct sock *sk, u32 *id);

/* corked_can() - does it hold a datagram that it has begun and not sent, which can be carried (res/inode/corked.c)? */
bool corked_can(struct sock *sk);

/* corked_row() - a row for that behind the options, if there is one. Return: 0 or a negative errno */
int corked_row(struct snap *s, struct sock *sk, struct text *out);

#endif
