/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A segment that the peer of a connection has sent already, said to our end once more. */
#ifndef CRFS_TCP_RAW_H
#define CRFS_TCP_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcp_table.h"

#define TCP_RAW_MAX 32768	/* bytes of data in a segment: the loopback interface takes twice that */

/**
 * struct tcp_segment - a segment
 * @from, @to: its ends; @to is of this machine; @scope: of the address, IPv6
 * @seq, @ack: its numbers; @fin: it ends what @from sends; @rst: it ends all; @syn: it begins, nothing is acknowledged
 * @urgent: its first byte is
 * @window: as it stands in the header; 0: what is usual
 * @options, @nr_options: a multiple of four bytes, 40 at most
 * @data, @len: TCP_RAW_MAX at most
 */
struct tcp_segment {
	struct tcp_end from, to;
	uint32_t scope, seq, ack;
	bool fin, rst, syn, urgent;
	uint16_t window;
	uint8_t options[40];
	size_t nr_options;
	const char *data;
	size_t len;
};

/** tcp_raw() - let it come in. Return: 0 or a negative errno */
int tcp_raw(const struct tcp_segment *s);

#endif
