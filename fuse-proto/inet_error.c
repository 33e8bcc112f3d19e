// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The error that a UDP socket has not yet told: what ICMP said of something that it sent to whom it is connected to. It
 * is looked at in the kernel's memory, and said once more. Where there is an error queue (IP_RECVERR), where the socket
 * is not connected, or hears one device alone, nothing brings it back: it is named as lost.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include <crfs/icmp_errors.h>

#include "fdroom.h"
#include "icmp_raw.h"
#include "inet.h"
#include "rooms.h"
#include "sock_error.h"
#include "sockopt.h"

#define UDPLITE 136
#define WAIT_MS 200

static bool is_udp(const struct crfs_fd_inet *r)
{
	return r->protocol == IPPROTO_UDP || r->protocol == UDPLITE;
}

static void end_of(const struct crfs_fd_inet *r, bool peer, struct tcp_end *e)
{
	const uint8_t *addr = peer ? r->peer_addr : r->addr;

	memset(e, 0, sizeof(*e));
	e->port = peer ? r->peer_port : r->port;
	if (r->family == AF_INET6) {
		memcpy(e->addr, addr, 16);
		return;
	}
	e->addr[10] = e->addr[11] = 0xff;
	memcpy(e->addr + 12, addr, 4);
}

static bool comes_back(const struct crfs_fd_inet *r, int ifindex, int err)
{
	struct tcp_end from;

	end_of(r, false, &from);
	return is_udp(r) && crfs_udp_error_kept(tcp_end_v4(&from), r->connected, ifindex, err);
}

void inet_error_read(struct snap *s, const struct file *f, const struct crfs_fd_inet *r, struct text *out)
{
	struct sock_error is;

	if (s->live || !sock_error_waits(f->dup))
		return;
	if (!sock_error_look(s, f, &is) && !is.queued &&
	    comes_back(r, sock_int(f->dup, SOL_SOCKET, SO_BINDTOIFINDEX), is.err))
		sockopt_row(out, CRFS_SO_ERROR, is.err);
	else
		sock_error_name(s, f);
}

void inet_error_check(struct image *im, struct iobj *o, const struct crfs_fd_inet *r, int section)
{
	int64_t err = sockopt_value(o, section, CRFS_SO_ERROR, 0);

	if (err && !comes_back(r, sockopt_value(o, section, "so_bindtoifindex", 0), err))
		image_mismatch(im, -EINVAL, o->path, CRFS_SO_ERROR " %lld: an error that such a socket cannot be given",
			       (long long)err);
}

int inet_error_put(struct restore *rs, struct iobj *o, const struct crfs_fd_inet *r, int section)
{
	struct icmp_error e = { .protocol = r->protocol, .err = sockopt_value(o, section, CRFS_SO_ERROR, 0) };
	struct timespec nap = { .tv_nsec = 1000000 };
	int rc, i;

	if (!e.err)
		return 0;
	end_of(r, false, &e.from);
	end_of(r, true, &e.to);
	rc = icmp_raw(&e);
	for (i = 0; i < WAIT_MS && !rc && !sock_error_waits(o->fd); i++)
		nanosleep(&nap, NULL);
	if (!rc && i == WAIT_MS)
		rc = -ETIMEDOUT;
	return rc ? fail_on(rs->err, rc, o->path, "telling it error %d once more: does a firewall drop ICMP on lo?",
			    e.err) : 0;
}
