/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections that netfilter follows in a network namespace (nf_conntrack); all are called in it. */
#ifndef CRFS_NS_NET_CONNS_H
#define CRFS_NS_NET_CONNS_H

#include "net.h"

/** struct conns - sorted; malloc'ed, and so is what attrs point to; @odd: what cannot be carried, or NULL */
struct conns {
	struct crfs_net_conn *v;
	size_t nr;
	const char *odd;
};

/** conns_read() - Return: 0 or a negative errno; conns_free() follows in any case */
int conns_read(struct conns *c);
void conns_free(struct conns *c);

/** conns_put() - follow them again. @bad: which one failed. Return: 0 or a negative errno */
int conns_put(const struct crfs_net_conn *v, size_t n, size_t *bad);

/** conns_bad() - the first that is like none that conns_read() makes; @n: there is none */
size_t conns_bad(const struct crfs_net_conn *v, size_t n);

#endif
