/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* The errors that a message of ICMP becomes, so that they can be told once more, and the rows of what is told. */
#ifndef CRFS_ICMP_ERRORS_H
#define CRFS_ICMP_ERRORS_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#endif

/* Rows behind the options of a socket. */
#define CRFS_SO_ERROR "so_error"		/* what SO_ERROR will say; of TCP, after a connection */
#define CRFS_CONNECT_ERROR "connect_error"	/* the same, of a connect(2) that came to nothing */

/**
 * struct crfs_icmp_error - @err, and a message that becomes it, of IPv4 and IPv6; a type of 0: there is none
 * As icmp_err_convert (net/ipv4/icmp.c) and icmpv6_err_convert (net/ipv6/icmp.c) have it; of several, one that is
 * fatal, so that a connected UDP socket is told, too.
 */
struct crfs_icmp_error {
	int err;
	__u8 type4, code4, type6, code6;
};

static const struct crfs_icmp_error crfs_icmp_errors[] = {
	{ ECONNREFUSED, 3, 3, 1, 4 },
	{ EHOSTUNREACH, 3, 13, 1, 3 },
	{ ENETUNREACH, 3, 6, 1, 0 },
	{ EACCES, 0, 0, 1, 1 },
	{ ENOPROTOOPT, 3, 2, 0, 0 },
	{ EHOSTDOWN, 3, 7, 0, 0 },
	{ ENONET, 3, 8, 0, 0 },
	{ EPROTO, 12, 0, 4, 0 },
};

static inline const struct crfs_icmp_error *crfs_icmp_error(bool v4, int err)
{
	size_t i;

	for (i = 0; i < sizeof(crfs_icmp_errors) / sizeof(crfs_icmp_errors[0]); i++)
		if (crfs_icmp_errors[i].err == err && (v4 ? crfs_icmp_errors[i].type4 : crfs_icmp_errors[i].type6))
			return &crfs_icmp_errors[i];
	return NULL;
}

/** crfs_tcp_error_kept() - can a dead connection be given this one again? @connecting: it never came to be */
static inline bool crfs_tcp_error_kept(bool v4, bool connecting, int err)
{
	if (err == ETIMEDOUT || err == ECONNABORTED || crfs_icmp_error(v4, err))
		return true;
	return !connecting && (err == ECONNRESET || err == EPIPE);
}

/** crfs_udp_error_kept() - and a UDP socket, without a queue of errors? @ifindex: it hears that device alone */
static inline bool crfs_udp_error_kept(bool v4, bool connected, int ifindex, int err)
{
	return connected && ifindex <= 0 && crfs_icmp_error(v4, err);
}

#endif
