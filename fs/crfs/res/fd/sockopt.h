/* SPDX-License-Identifier: GPL-2.0-only */
/* For the rooms of sockets. */
#ifndef CRFS_SOCKOPT_H
#define CRFS_SOCKOPT_H

#include <linux/socket.h>
#include <linux/time.h>

struct sock;
struct socket;

/** union sockopt_val - what a getsockopt(2) of any kind moves */
union sockopt_val {
	int i;
	struct linger l;
	struct __kernel_old_timeval t;
	unsigned long ul;
	s64 words[4];
};

/* sockopts_read() - a section with the options that are not as in a fresh socket */
int sockopts_read(struct snap *s, struct cfile *f, struct text *out);

/* sockopts_read_without() - but for those named in @skip, which ends with NULL */
int sockopts_read_without(struct snap *s, struct cfile *f, struct text *out, const char *const *skip);

/* sockopt_row() - one more row of the section that was just made */
void sockopt_row(struct text *out, const char *name, s64 value);

/* sockopt_owner() - rows that say whose the socket is, behind all others of its section */
void sockopt_owner(const struct snap *s, const struct cfile *f, struct text *out);

/* sockopt_field() - an option of level SOL_SOCKET, where getsockopt(2) is not exported. Return: bytes or -errno */
int sockopt_field(const struct socket *sock, int option, union sockopt_val *u);

/* sockopt_int() - what getsockopt(2) says of an option that is one number. Return: 0 or -errno; -EOPNOTSUPP: nobody may ask */
int sockopt_int(struct socket *sock, int level, int option, int *v);

/*
 * packet_header_inode() - the inode of what all packets of the socket begin with, @len bytes, the @i-th of such options,
 * which the tree calls @row (res/inode/packet_header.c). Return: 0: no memory
 */
u32 packet_header_inode(struct snap *s, const struct sock *sk, unsigned int i, const char *row,
			const char __user *bytes, int len);

/* filter_inode() - the inode of the socket's filter; 0 if it has none (res/inode/filter.c) */
int filter_inode(struct snap *s, struct cfile *f, struct sock *sk, u32 *id);

#endif
