/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of routing, neighbours, nexthop objects, queueing disciplines and the like of a network namespace; all are called in it. */
#ifndef CRFS_NS_NET_ENTRIES_H
#define CRFS_NS_NET_ENTRIES_H

#include "net.h"

/**
 * struct entries - in the order of the tree; malloc'ed, and so is what attrs point to
 * @odd: what cannot be carried, or ""; @jitter: a link whose netem may have lost how its delays are distributed, or 0
 */
struct entries {
	struct crfs_net_entry *v;
	size_t nr;
	char odd[96];
	int jitter;
};

/* Before there are routes, behind them, and when all sockets are in their state */
enum entries_step { ENTRIES_UNROUTED, ENTRIES_ROUTED, ENTRIES_LAST };

/** entries_read() - Return: 0 or a negative errno; entries_free() follows in any case */
int entries_read(struct entries *e);
void entries_free(struct entries *e);

/** entries_put() - make them those of @want: some come with the namespace. @bad: which one failed, or @n */
int entries_put(const struct crfs_net_entry *want, size_t n, enum entries_step step, size_t *bad);

/** entries_any() - is there one that is put in this @step? */
bool entries_any(const struct crfs_net_entry *v, size_t n, enum entries_step step);

/** entries_bad() - the first that is like none that entries_read() makes; @n: there is none */
size_t entries_bad(const struct crfs_net_entry *v, size_t n);

#endif
