/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces: what net.c (reading) and net_make.c (making again) share. */
#ifndef CRFS_NS_NET_CODE_H
#define CRFS_NS_NET_CODE_H

#include <crfs/res/ns/net.h>

#include "resource.h"

#define LO 1	/* the number of lo in every namespace: LOOPBACK_IFINDEX */

void net_check(struct image *im, struct iobj *o);
int net_make(struct restore *rs, struct iobj *o);
int net_finish(struct restore *rs, struct iobj *o);

/**
 * struct lo - the loopback device as it is
 * @addr: malloc'ed, sorted
 */
struct lo {
	struct crfs_ns_net dev;
	struct crfs_net_addr *addr;
	size_t nr;
};

/** lo_read() - of the namespace that we are in. Return: 0 or a negative errno */
int lo_read(struct lo *lo);

#endif
