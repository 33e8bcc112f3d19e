/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The error that a connection which is over has to tell (SO_ERROR), where it is not that of a reset. */
#ifndef CRFS_FD_TCP_ERROR_H
#define CRFS_FD_TCP_ERROR_H

#include <crfs/icmp_errors.h>

#include "tcp.h"

/**
 * struct tcp_error - of a connection
 * @error: a positive errno; 0: that of a reset, or none
 * @connecting: it never came to be, and the program has not heard of that
 */
struct tcp_error {
	int error;
	bool connecting;
};

/** tcp_error_read() - of one that has an error; none after all becomes of @r, too. What cannot be carried is named */
void tcp_error_read(struct snap *s, const struct file *f, struct crfs_fd_tcp *r, struct tcp_error *e);

/** tcp_error_show() - as a row of the section of options; tcp_error_take() - out of the tree again */
void tcp_error_show(struct text *out, const struct tcp_error *e);
void tcp_error_take(const struct iobj *o, struct tcp_error *e);

/** tcp_error_wrong() - what no connection is like, or NULL; @v4: it is one of IPv4 */
const char *tcp_error_wrong(const struct crfs_fd_tcp *r, bool v4, const struct tcp_error *e);

#endif
