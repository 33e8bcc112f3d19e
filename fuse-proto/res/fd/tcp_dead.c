// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections that are over are made with ourselves, and then made to end as they had: reset, reset behind a FIN
 * (EPIPE), taken away (ECONNABORTED), or told by a message of ICMP, or by nobody until the time is up. One that was
 * never answered is a call to ourselves, as connect(2) behaves otherwise on it than on one that was there.
 *
 * What must not be heard meanwhile, a filter keeps away; the last reason takes a second, so it is waited for together
 * with those of others (tcp_put.c). What is with a connection and only tells the kernel of its end is an error that waits
 * for the end of time ("soft"): so ICMP alone does not end a connection that was there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fdroom.h"
#include "icmp_raw.h"
#include "repair.h"
#include "sockopt.h"
#include "tcp_put.h"

#define SEQ 1000	/* of what is sent; any */

/* A port of ours at which nobody is. */
static int choose_peer(struct rtcp *t)
{
	socklen_t len = tcp_addr_size(&t->local);
	int fd = socket(t->r->family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP), rc = 0;

	t->peer = t->local;
	t->peer.in.sin_port = 0;
	if (fd < 0 || bind(fd, &t->peer.sa, len) < 0 || getsockname(fd, &t->peer.sa, &len) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	tcp_end_of(&t->peer, &t->pend);
	return rc;
}

/* What comes is not heard, and what is not answered is given up at once. */
static int make_deaf(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { 1, &nothing };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0)
		return -errno;
	return tcp_set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1);
}

/* Of whom the reset is that ends it. */
static bool is_deaf(const struct rtcp *t)
{
	const int error = t->error.error;

	return t->error.connecting ? error != ECONNREFUSED : error && error != EPIPE;
}

int tcp_dead_done(const struct rtcp *t)
{
	int timeout = sockopt_value(t->o, TCP_OPTIONS, "tcp_user_timeout", 0), none = 0;

	if (!is_deaf(t))
		return 0;
	if (setsockopt(t->o->fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)) < 0)
		return -errno;
	return tcp_set_int(t->o->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, timeout);
}

/* Of one that was there it is kept until the time is up. */
static int tell(struct rtcp *t)
{
	struct icmp_error e = { .from = t->lend, .to = t->pend, .protocol = IPPROTO_TCP, .seq = SEQ,
				.err = t->error.error };

	if (t->error.error == ECONNABORTED)
		return tcp_end_abort(&t->lend, &t->pend);
	return t->error.error == ETIMEDOUT ? 0 : icmp_raw(&e);
}

static int call(struct rtcp *t)
{
	int fd = t->o->fd, rc = repair_on(fd);

	if (!rc && bind(fd, &t->local.sa, tcp_addr_size(&t->local)) < 0)
		rc = -errno;
	if (!rc)
		rc = tcp_set_seq(fd, TCP_SEND_QUEUE, SEQ);
	if (!rc)
		rc = repair_off(fd);
	if (!rc && is_deaf(t))
		rc = make_deaf(fd);
	if (!rc && (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
		    (connect(fd, &t->peer.sa, tcp_addr_size(&t->peer)) < 0 && errno != EINPROGRESS)))
		rc = -errno;
	if (!rc && fcntl(fd, F_SETFL, 0) < 0)
		rc = -errno;
	return rc || !is_deaf(t) ? rc : tell(t);
}

static int be_reset(struct rtcp *t)
{
	struct linger hard = { 1, 0 };
	socklen_t len = sizeof(int);
	int other = tcp_mirror(t, 0, SEQ), err;

	if (other < 0)
		return other;
	if (t->error.error == EPIPE)
		shutdown(other, SHUT_WR);
	setsockopt(other, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(other);
	if (t->r->ended == CRFS_TCP_ENDED)
		getsockopt(t->o->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	return 0;
}

/* A byte that is never acknowledged. */
static int be_given_up(struct rtcp *t)
{
	int rc = make_deaf(t->o->fd);

	if (!rc && t->error.error != ECONNABORTED && send(t->o->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
		rc = -errno;
	return rc ?: tell(t);
}

/* It was there; what had come can be read. */
static int end(struct rtcp *t)
{
	struct tcp_repair_window w = { 0, 65535, 65535, 65535, 0 };
	struct crfs_fd_tcp with = *t->r;
	const struct crfs_fd_tcp *was = t->r;
	int fd = t->o->fd, rc;

	with.snd_seq = SEQ;
	t->r = &with;
	rc = tcp_connect_in_repair(t, fd);
	t->r = was;
	if (!rc)
		rc = tcp_set_buffers(fd, 1 << 20, 2 * was->unread + (1 << 20));
	if (!rc)
		rc = tcp_put_received(fd, t);
	if (!rc && setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &w, sizeof(w)) < 0)
		rc = -errno;
	if (!rc)
		rc = repair_off(fd);
	if (!rc)
		rc = is_deaf(t) ? be_given_up(t) : be_reset(t);
	return rc;
}

int tcp_put_dead(struct restore *rs, struct rtcp *t)
{
	int rc = choose_peer(t);

	if (!rc)
		rc = t->error.connecting ? call(t) : end(t);
	return rc ? fail_on(rs->err, rc, t->o->path, "a connection that has ended") : 0;
}
