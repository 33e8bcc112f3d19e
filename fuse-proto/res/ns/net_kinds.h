/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of links: what each is made with. */
#ifndef CRFS_NS_NET_KINDS_H
#define CRFS_NS_NET_KINDS_H

#include "net_links.h"
#include "netlink.h"

/* IFLA_TUN_ of linux/if_link.h */
enum { TUN_OWNER = 1, TUN_GROUP, TUN_TYPE, TUN_PI, TUN_VNET_HDR, TUN_PERSIST, TUN_MULTI_QUEUE };

/* Does a link of the kind lie on another? */
enum link_lies { LIES_NOT, LIES_MAY, LIES_MUST };

/**
 * struct link_kind - a kind of links that can be made again
 * @attrs: which attributes of IFLA_INFO_DATA make it what it is; @told: which others it has, as bits
 * @on: LIES_MAY: which of them says on what it lies
 * @comes: the kernel may have made one of it with the namespace
 * @odd: what of it cannot be carried, or NULL; @fit: makes what the kernel tells (attributes, in @n bytes) what it takes,
 *	and returns how many bytes are left of that
 */
struct link_kind {
	const char *name;
	uint64_t attrs, told;
	enum link_lies lies;
	int on;
	bool comes;
	const char *(*odd)(const void *data);
	size_t (*fit)(uint8_t *bytes, size_t n);
};

/* link_port_kind - what a port of a bridge has; its state follows from what the link is like */
extern const struct link_kind link_port_kind;

/** link_lies_on() - does @c, which is of kind @k (NULL: veth), lie on another link, @c->peer? */
static inline bool link_lies_on(const struct link_kind *k, const struct crfs_net_link *c)
{
	return k && (k->lies == LIES_MUST || (k->lies == LIES_MAY && c->peer));
}

/** link_kind() - of this name, or NULL */
const struct link_kind *link_kind(const char *name, size_t len);

/** link_attrs() - of @k in @data, IFLA_INFO_DATA, as hexadecimal digits, in the pool; @odd: what is not known */
struct crfs_str link_attrs(struct snap *s, const struct link_kind *k, const void *data, const char **odd);
/** link_port() - the same of what a port of a bridge has in @data, IFLA_INFO_SLAVE_DATA */
struct crfs_str link_port(struct snap *s, const void *data, const char **odd);

/** link_kind_make() - a link that is no veth. Return: 0 or a negative errno */
int link_kind_make(const struct crfs_net_link *c);
/** link_join() - into its master, with what it has as a port. Return: 0 or a negative errno */
int link_join(const struct crfs_net_link *c);
/** link_wait() - until it runs, where it has a carrier; two seconds at most */
void link_wait(const struct crfs_net_link *c);
/** link_settle() - when all run: what it was made without in the meantime. Return: 0 or a negative errno */
int link_settle(const struct crfs_net_link *c);

/** link_attrs_bad() - is it none that link_attrs() makes? */
bool link_attrs_bad(const struct crfs_str *a);

#endif
