/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links, their addresses, and routes of a network namespace. All are called in it, but links_outer(). */
#ifndef CRFS_NS_NET_LINKS_H
#define CRFS_NS_NET_LINKS_H

#include "net.h"
#include "tcp_table.h"

/**
 * struct outer - a link of the mounter's that has been declared: -o external=NAME=link:IFNAME
 * @ifname: as declared, up to @len; @link, @peer: its number, and that of its other end; 0: there is none
 */
struct outer {
	const char *name, *ifname;
	size_t len;
	uint32_t link, peer;
};

/** links_outer() - those that are declared, in the mounter's namespace. malloc'ed; NULL: none, or no memory */
struct outer *links_outer(struct snap *s, size_t *nr);

/**
 * struct kin - a network namespace of the container, ns/net-<@id>
 * @number: by which the namespace that we are in knows it; -1: it does not
 */
struct kin {
	unsigned int id;
	int fd, number;
	struct kin *next;
};

/** links_kin() - all of them; links_kin_number() - as the namespace that we are in has them */
struct kin *links_kin(struct snap *s);
void links_kin_number(struct kin *first);
void links_kin_free(struct kin *first);

/**
 * links_read() - links and their addresses
 * @fresh: the names of those that every namespace has, " lo sit0 "
 */
int links_read(struct snap *s, const char *obj, const char *fresh, const struct outer *outer, size_t nr,
	       const struct kin *kin, struct text *out);

/** struct linkaddrs - addresses of all links but lo, in order; malloc'ed. Labels are in @labels, one every 16 bytes */
struct linkaddrs {
	struct crfs_net_linkaddr *v;
	char (*labels)[16];
	size_t nr, gone;	/* @gone: temporary ones, left out */
};
int linkaddrs_read(struct linkaddrs *l);
void linkaddrs_free(struct linkaddrs *l);

/** struct routes - all that travel; malloc'ed, and so is what attrs point to. @odd: what else there is that cannot be carried, or NULL; @gone: left out */
struct routes {
	struct crfs_net_route *v;
	size_t nr, gone;
	const char *odd;
};
int routes_read(struct routes *r);
void routes_free(struct routes *r);
/** route_attrs_bad() - is it none that routes_read() makes? */
bool route_attrs_bad(const struct crfs_str *a);

/** routes_put() - make them those of @want: what the kernel has made by itself may be missing there */
int routes_put(const struct crfs_net_route *want, size_t n);

void links_check(struct image *im, struct iobj *o);

/** net_addr_here() - will @e be an address of ns/net-<@id> (0: the mounter's) when the container comes back? */
bool net_addr_here(const struct image *im, unsigned int id, const struct tcp_end *e);

/** net_link_here() - the number of its link @name; 0: there is none */
unsigned int net_link_here(const struct image *im, unsigned int id, const struct crfs_str *name);

/**
 * link_free() - take away a link whose other end is where nobody is any more but guards of connections (tcp_guard.c)
 * With it goes what the sockets of the container that was ended would still have to say. In the mounter's namespace.
 * Return: 0, -EEXIST: somebody is there, or another negative errno
 */
int link_free(int proc, const char *name);

/**
 * links_make() - those of @o, and pairs that lead to namespaces that are there already
 * links_make_upper() - those that lie on others, which may be such a pair: when all namespaces are there
 * links_up() - ports into bridges, and up, when all are made; links_addrs() - then their addresses
 */
int links_make(struct restore *rs, struct iobj *o);
int links_make_upper(struct restore *rs, struct iobj *o);
int links_up(struct restore *rs, struct iobj *o);
int links_addrs(struct restore *rs, struct iobj *o);
/** link_gen_mode() - addr_gen_mode of link @name as it was: what a sysctl of @o says, or what new links have */
char link_gen_mode(struct restore *rs, const struct iobj *o, struct crfs_str name);
/** links_settle() - again no others, as links have got a carrier */
int links_settle(struct restore *rs, struct iobj *o);

/** link_has_external() - has a link of @o an other end that is declared as @name? */
bool link_has_external(const struct iobj *o, const char *name);

#endif
