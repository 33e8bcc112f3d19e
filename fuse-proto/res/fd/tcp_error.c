// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The error that a dead connection has to tell. To ask for it (SO_ERROR) is to take it away, so it is looked at in the
 * kernel's memory. tcp_dead.c gives it back.
 */
#include <string.h>

#include "fdroom.h"
#include "sock_error.h"
#include "sockopt.h"
#include "tcp_error.h"

static bool is_v4(const struct crfs_fd_tcp *r)
{
	return r->family == AF_INET || (r->addr.len > 7 && !memcmp(r->addr.p, "::ffff:", 7));
}

/* A message of ICMP that ends a call is in the error queue, too, asked for or not; of IPv4 (tcp_v4_err()). */
static bool by_icmp(bool v4, const struct sock_error *is)
{
	return v4 && is->connecting && is->err != ETIMEDOUT && is->err != ECONNABORTED && is->err != ECONNREFUSED;
}

void tcp_error_read(struct snap *s, const struct file *f, struct crfs_fd_tcp *r, struct tcp_error *e)
{
	struct sock_error is;

	if (sock_error_look(s, f, &is)) {
		snap_lost(s, file_obj(s, f), "which error its connection has to tell: it becomes ECONNRESET");
		return;
	}
	if (is.queued > by_icmp(is_v4(r), &is))
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "messages wait in its error queue (MSG_ERRQUEUE): let "
				 "the program read them");
	if (!is.err)
		r->ended = CRFS_TCP_ENDED;
	else if (!crfs_tcp_error_kept(is_v4(r), is.connecting, is.err) || is.queued < by_icmp(is_v4(r), &is))
		snap_lost(s, file_obj(s, f), "error %u, which its connection has to tell: it becomes ECONNRESET", is.err);
	else if (is.err != ECONNRESET)
		*e = (struct tcp_error){ is.err, is.connecting };
}

void tcp_error_show(struct text *out, const struct tcp_error *e)
{
	if (e->error)
		sockopt_row(out, e->connecting ? CRFS_CONNECT_ERROR : CRFS_SO_ERROR, e->error);
}

void tcp_error_take(const struct iobj *o, struct tcp_error *e)
{
	int64_t connecting = sockopt_value(o, TCP_OPTIONS, CRFS_CONNECT_ERROR, 0);

	*e = (struct tcp_error){ connecting ?: sockopt_value(o, TCP_OPTIONS, CRFS_SO_ERROR, 0), connecting != 0 };
}

const char *tcp_error_wrong(const struct crfs_fd_tcp *r, bool v4, const struct tcp_error *e)
{
	if (e->error && r->ended != CRFS_TCP_FAILED)
		return "an error of a connection that has none";
	if (e->error && !crfs_tcp_error_kept(v4, e->connecting, e->error))
		return "an error that no connection can be given";
	if (e->connecting && r->unread)
		return "it has received something, and was never connected";
	return NULL;
}
