/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A message of ICMP that tells one of our sockets an error, as a router or a peer would. */
#ifndef CRFS_ICMP_RAW_H
#define CRFS_ICMP_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcp_table.h"

/**
 * struct icmp_error - an error about a packet
 * @from, @to: its ends; @from is the socket that is told, of this machine
 * @protocol: of the packet; @seq: its number, TCP
 * @err: what the socket shall have of it, a positive errno
 */
struct icmp_error {
	struct tcp_end from, to;
	uint8_t protocol;
	uint32_t seq;
	int err;
};

/** icmp_raw() - let it come in. Return: 0 or a negative errno */
int icmp_raw(const struct icmp_error *e);

#endif
