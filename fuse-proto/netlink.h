/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to the kernel by netlink(7): lists, and single requests. */
#ifndef CRFS_NETLINK_H
#define CRFS_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/** struct nl_request - a header, what the family wants behind it, and attributes */
struct nl_request {
	struct nlmsghdr h;
	char body[3072];
};

/** nl_begin() - a request of @type with @size bytes of @body. Flags are the caller's or nl_list()'s */
void nl_begin(struct nl_request *r, int type, int flags, const void *body, size_t size);
void nl_attr(struct nl_request *r, int type, const void *data, size_t size);

/**
 * nl_list() - ask for all there are (NLM_F_DUMP)
 * @protocol: NETLINK_ROUTE or another
 * @each: for each answer; nonzero ends it and is returned
 * Return: 0 or a negative errno
 */
int nl_list(int protocol, struct nl_request *r, int (*each)(void *arg, const struct nlmsghdr *h),
	    void *arg);

/** nl_get() - ask for one thing; @each must return nonzero, which is returned. Or a negative errno */
int nl_get(int protocol, struct nl_request *r, int (*each)(void *arg, const struct nlmsghdr *h), void *arg);

/** nl_ask() - a request that is done or refused. Return: 0 or a negative errno */
int nl_ask(int protocol, struct nl_request *r);

/** nl_find() - attribute @type of @size bytes at least among those behind @body; NULL: there is none */
const void *nl_find(const struct nlmsghdr *h, size_t body, int type, size_t size);

/** nl_among() - the same among attributes of @n bytes; nl_in() - inside of @nest, an attribute that nl_find() has found */
const void *nl_among(const void *attrs, size_t n, int type, size_t size);
const void *nl_in(const void *nest, int type, size_t size);

/** nl_u32() - attribute @type as a number; @def if there is none */
uint32_t nl_u32(const struct nlmsghdr *h, size_t body, int type, uint32_t def);

/** nl_nest() - begin an attribute that holds others; nl_nest_end() - end it */
struct rtattr *nl_nest(struct nl_request *r, int type);
void nl_nest_end(struct nl_request *r, struct rtattr *nest);

/** nl_append() - bytes as they are, of a multiple of 4, into a nest */
void nl_append(struct nl_request *r, const void *data, size_t size);

#endif
