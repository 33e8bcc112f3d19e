/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits in a netlink socket, and how a program is told that it has missed something. */
#ifndef CRFS_FD_NETLINK_QUEUE_H
#define CRFS_FD_NETLINK_QUEUE_H

#include "image.h"
#include "snap.h"

/**
 * struct netlink_queue - of one socket
 * @notices: what the kernel has told a group; @others: answers, and what programs have sent
 * @overrun: the program is to be told already that it has missed something
 */
struct netlink_queue {
	unsigned int notices, others;
	bool overrun;
};

/** netlink_queue_look() - from the kernel's memory. Return: 0 or a negative errno */
int netlink_queue_look(struct snap *s, const struct file *f, struct netlink_queue *q);

/** netlink_queue_overrun() - let the program be told. Return: 0 or a negative errno */
int netlink_queue_overrun(struct restore *rs, struct iobj *o);

#endif
