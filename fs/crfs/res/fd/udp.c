// SPDX-License-Identifier: GPL-2.0-only
/*
 * UDP and UDP-Lite sockets, with what waits in them.
 *
 * Lost: whether the address was bound or chosen by connect(2); the program of a group of SO_REUSEPORT.
 */
#include <linux/in.h>
#include <net/sock.h>

#include <crfs/res/fd/udp.h>

#include "res/fd/inet.h"
#include "res/fd/sockopt.h"

static bool udp_match(const struct cfile *f)
{
	const struct sock *sk = inet_of(f, SOCK_DGRAM);

	return sk && (sk->sk_protocol == IPPROTO_UDP || sk->sk_protocol == IPPROTO_UDPLITE);
}

static int udp_read(struct snap *s, void *obj, struct text *out)
{
	struct cfile *f = obj;
	struct sock *sk = inet_of(f, SOCK_DGRAM);
	struct crfs_fd_inet r;
	int rc = inet_read(s, f, &r) ?: datagrams_inode(s, f, sk, &r.queue);

	if (rc)
		return rc;
	text_section(out, &crfs_fd_inet_shape);
	text_rec(out, &crfs_fd_inet_shape, &r);
	rc = inet_groups_read(s, sk, out) ?: sockopts_read(s, f, out) ?: corked_row(s, sk, out);
	if (!rc)
		inet_error_read(s, f, sk, &r, out);
	return rc;
}

const struct room res_fd_udp = {
	.name = "udp",
	.scope = PER_FILE,
	.match = udp_match,
	.read = udp_read,
};
