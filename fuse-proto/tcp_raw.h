/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A segment that the peer of a connection has sent already, said to our end once more. */
#ifndef CRFS_TCP_RAW_H
#define CRFS_TCP_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "tcp_table.h"

/**
 * struct tcp_segment - one without data
 * @from, @to: its ends; @to is of this machine
 * @seq, @ack: its numbers; @fin: it ends what @from sends
 */
struct tcp_segment {
	struct tcp_end from, to;
	uint32_t seq, ack;
	bool fin;
};

/** tcp_raw() - let it come in. Return: 0 or a negative errno */
int tcp_raw(const struct tcp_segment *s);

#endif
