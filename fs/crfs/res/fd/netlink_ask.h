/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions to the kernel that are asked by netlink. */
#ifndef CRFS_NETLINK_ASK_H
#define CRFS_NETLINK_ASK_H

#include <linux/netlink.h>

struct net;

/**
 * netlink_list() - ask for all of something
 * @net: where
 * @protocol: NETLINK_*
 * @q, @size: the question, with NLM_F_DUMP
 * @take: gets each answer
 * @arg: its own
 *
 * Return: 0 or a negative errno
 */
int netlink_list(struct net *net, int protocol, const struct nlmsghdr *q, size_t size,
		 void (*take)(void *arg, const struct nlmsghdr *h), void *arg);

#endif
