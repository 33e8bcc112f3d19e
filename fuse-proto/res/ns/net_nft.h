/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nftables of a network namespace; all are called in it. */
#ifndef CRFS_NS_NET_NFT_H
#define CRFS_NS_NET_NFT_H

#include <linux/netlink.h>

#include "net.h"

#define NFT_KIND_TABLE 0
#define NFT_KIND_CHAIN 1
#define NFT_KIND_OBJECT 2
#define NFT_KIND_SET 3
#define NFT_KIND_ELEMENT 4
#define NFT_KIND_FLOWTABLE 5
#define NFT_KIND_RULE 6

/* How many handles of a table may be skipped: each costs a chain that is made and deleted. */
#define NFT_GAP_MAX 65536

/**
 * struct nft_rows - what there is, in the order of the tree; malloc'ed, strings are in @text
 * @odd: what of it cannot be carried, or NULL; @high: a table whose handles are too many to be brought round
 * @devices: some of it belongs to links by their names
 */
struct nft_rows {
	struct crfs_net_nft *v;
	size_t nr, size;
	char **text;
	size_t nr_text;
	const char *odd, *high;
	bool devices, mortal;
};

/** nft_read() - all tables but those of tcp_guard.c. Return: 0 or a negative errno; nft_free() follows in any case */
int nft_read(struct nft_rows *r);
void nft_free(struct nft_rows *r);

/**
 * nft_put() - make them, in a namespace that has none
 * @bad: the row that the kernel does not take, if it is one
 * Return: 0 or a negative errno
 */
int nft_put(const struct crfs_net_nft *v, size_t n, size_t *bad);

/** nft_bad() - the first row that is like none that nft_read() makes; @n: there is none */
size_t nft_bad(const struct crfs_net_nft *v, size_t n);

/**
 * nft_protocol() - which protocol the expressions of a rule ask for before they come to one of iptables
 * Such an expression was made for that protocol, which the kernel does not tell with it.
 * Return: the protocol, with bit 8 if it is any but that; 0: none, or there is no such expression
 */
unsigned int nft_protocol(const void *attrs, size_t len);

#endif
