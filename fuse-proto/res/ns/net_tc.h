/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queueing disciplines of links (tc qdisc): what of them can be carried. */
#ifndef CRFS_NS_NET_TC_H
#define CRFS_NS_NET_TC_H

#include <stdbool.h>
#include <stddef.h>

struct nlmsghdr;

/** tc_odd() - can the queueing discipline of @h not be carried? @why: what there is of it, "(tc qdisc) of ..." */
bool tc_odd(const struct nlmsghdr *h, char *why, size_t size);

/** tc_may_lose() - may it have what the kernel does not tell? */
bool tc_may_lose(const struct nlmsghdr *h);

/** tc_as_taken() - @attrs of @n bytes are what the kernel tells of one; make them what it takes to make such a one */
void tc_as_taken(void *attrs, size_t n);

#endif
