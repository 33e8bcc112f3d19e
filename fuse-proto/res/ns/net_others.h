/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What else somebody may have set in a network namespace, and is not carried: is it what a new one has? */
#ifndef CRFS_RES_NS_NET_OTHERS_H
#define CRFS_RES_NS_NET_OTHERS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct others - of the namespace that we are in
 * @labels: a digest of the labels of addresses (ip addrlabel), in any order
 * @endpoints: of MPTCP (ip mptcp endpoint), how many; @limits: of theirs
 * @sets: of ipset(8), how many; @programs: are eBPF programs attached to it?
 */
struct others {
	uint64_t labels;
	unsigned int endpoints;
	uint32_t limits[2];
	unsigned int sets;
	bool programs;
};

/** others_read() - @net: the namespace; kinds that this kernel does not have are as in a new one. Return: 0 or a negative errno */
int others_read(int net, struct others *o);

#endif
