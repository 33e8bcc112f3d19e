/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rooms of sockets without connections share: addresses, shutdown, multicast groups. */
#ifndef CRFS_INET_H
#define CRFS_INET_H

#include <netinet/in.h>

#include <crfs/res/fd/inet.h>

#include "image.h"
#include "snap.h"
#include "text.h"

union inet_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/** inet_fill() - a socket address. Return: its length */
socklen_t inet_fill(union inet_addr *a, unsigned int family, const uint8_t addr[16], unsigned int port,
		    unsigned int scope);

/** inet_read() - names, owner and shutdown of @f; names what cannot be carried */
int inet_read(struct snap *s, const struct file *f, struct crfs_fd_inet *r);

/**
 * inet_peer() - whom @f is connected to, where getpeername(2) does not tell: from /proc/net/<table>
 * Return: 0, or a negative errno; -ENOENT if it is not listed
 */
int inet_peer(struct snap *s, const struct file *f, const char *table, struct crfs_fd_inet *r);

/** inet_groups_read() - the section of multicast groups */
int inet_groups_read(struct snap *s, const struct file *f, struct text *out);

/** inet_sending() - name what is corked, or on its way out and does not leave */
void inet_sending(struct snap *s, const struct file *f);

/**
 * inet_error_read() - a row with the error that it has not yet told, behind the options of @f; one that cannot be told
 * again is named
 */
void inet_error_read(struct snap *s, const struct file *f, const struct crfs_fd_inet *r, struct text *out);

/** inet_error_check(), inet_error_put() - what section @section, the options, has of it */
void inet_error_check(struct image *im, struct iobj *o, const struct crfs_fd_inet *r, int section);
int inet_error_put(struct restore *rs, struct iobj *o, const struct crfs_fd_inet *r, int section);

/** inet_check() - ->check of the two sections @at and @at + 1 */
void inet_check(struct image *im, struct iobj *o, int at);

/** inet_groups_put() - join what section @section names */
int inet_groups_put(struct restore *rs, struct iobj *o, int section, int fd);

/** inet_finish() - connect and shut down, when its queue is filled */
int inet_finish(struct restore *rs, struct iobj *o, const struct crfs_fd_inet *r, int fd);

/** inet_local() - is it an address of this machine? @ifindex: asked for by that interface, or 0 */
bool inet_local(unsigned int family, const uint8_t addr[16], unsigned int ifindex);

/** inet_ifname() - the name of interface @index, in the pool; "" if it has none */
struct crfs_str inet_ifname(struct snap *s, unsigned int index);

/** inet_ifindex() - and back; 0 if there is none of that name */
unsigned int inet_ifindex(const struct crfs_str *name);

#endif
