/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of nftables that drops the packets of some connections, as long as its socket is open. */
#ifndef CRFS_NFT_H
#define CRFS_NFT_H

#include <stddef.h>

#include "tcp_table.h"

/* Packets with this mark pass: those with which a restore brings sockets into their state. */
#define NFT_MARK 0x63726673

/**
 * nft_guard() - make table @name (family inet), empty
 * It belongs to the socket that is returned and goes with it (Linux 5.12), whoever ends that.
 * Return: a socket, -EEXIST if there is such a table, or another negative errno
 */
int nft_guard(const char *name);

/** nft_add() - from now on drop what @n connections send and get, and calls to listeners. Return: 0 or -errno */
int nft_add(int nl, const char *name, const struct tcp_conn *conns, size_t n);

#endif
