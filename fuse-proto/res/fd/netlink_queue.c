// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What waits in a netlink socket is the kernel's own, which nobody else can send. What it had told a group of may be
 * lost at any time, when the buffer is full: the program hears ENOBUFS then, and has to look anew (netlink(7)). So it is
 * told that.
 *
 * Nothing says ENOBUFS but a full buffer. So the buffer is made small, and the kernel is asked for acknowledgements of
 * nothing (NLMSG_NOOP) until it has no room for one more. Those stay, behind the error, which the program passes over as
 * answers to nobody; they carry a number by which they are known when the socket is looked at again.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <crfs/res/fd/netlink.h>

#include "fdroom.h"
#include "kmem.h"
#include "netlink_queue.h"
#include "sock_error.h"
#include "sockopt.h"

#define SKBS_MAX 100000
#define ASK_MAX 64
#define BUF_LOCK 72		/* SO_BUF_LOCK, Linux 5.14 */

static int count(struct kmem *k, uint64_t skb, struct netlink_queue *q)
{
	uint32_t port = 0, group = 0, len = 0;
	struct nlmsghdr h = { .nlmsg_seq = 0 };
	int rc = kmem_read(k, skb + k->at[K_SKB_CB] + k->at[K_NLCB_PORT], &port, sizeof(port));

	rc = rc ?: kmem_read(k, skb + k->at[K_SKB_CB] + k->at[K_NLCB_GROUP], &group, sizeof(group));
	rc = rc ?: kmem_get(k, skb, K_SKB_LEN, &len, sizeof(len));
	if (!rc && len >= sizeof(h))
		rc = kmem_skb(k, skb, 0, (char *)&h, sizeof(h));
	if (rc || (!port && h.nlmsg_type == NLMSG_ERROR && h.nlmsg_seq == CRFS_NETLINK_OURS))
		return rc;
	if (port || !group)
		q->others++;
	else
		q->notices++;
	return 0;
}

int netlink_queue_look(struct snap *s, const struct file *f, struct netlink_queue *q)
{
	struct sock_error e;
	uint64_t sk, head, skb = 0;
	int i, rc = sock_error_look(s, f, &e);
	struct kmem *k = rc ? NULL : snap_kmem(s, &rc);

	*q = (struct netlink_queue){ .overrun = !rc && e.err == ENOBUFS };
	if (rc)
		return rc;
	if (k->at[K_SKB_CB] < 0 || k->at[K_NLCB_PORT] < 0 || k->at[K_NLCB_GROUP] < 0 || k->at[K_SK_RECEIVE] < 0)
		return -EOPNOTSUPP;
	rc = kmem_socket(k, f->dup, &sk);
	head = sk + k->at[K_SK_RECEIVE];
	rc = rc ?: kmem_read(k, head, &skb, sizeof(skb));
	for (i = 0; !rc && skb != head; i++) {
		rc = skb && i < SKBS_MAX ? count(k, skb, q) : -ESTALE;
		rc = rc ?: kmem_read(k, skb, &skb, sizeof(skb));
	}
	return rc;
}

static bool has_error(int fd)
{
	struct pollfd p = { .fd = fd };

	poll(&p, 1, 0);
	return p.revents & POLLERR;
}

static int fill(int fd)
{
	const struct nlmsghdr noop = { sizeof(noop), NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, CRFS_NETLINK_OURS, 0 };
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int i;

	for (i = 0; i < ASK_MAX && !has_error(fd); i++)
		if (sendto(fd, &noop, sizeof(noop), MSG_DONTWAIT, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
			return -errno;
	return has_error(fd) ? 0 : -ETIMEDOUT;
}

int netlink_queue_overrun(struct restore *rs, struct iobj *o)
{
	int size = sock_int(o->fd, SOL_SOCKET, SO_RCVBUF) / 2, locked = sock_int(o->fd, SOL_SOCKET, BUF_LOCK), least = 1, rc;

	rc = setsockopt(o->fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)) < 0 ? -errno : fill(o->fd);
	if (setsockopt(o->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 && !rc)
		rc = -errno;
	if (locked >= 0)
		setsockopt(o->fd, SOL_SOCKET, BUF_LOCK, &locked, sizeof(locked));
	return rc ? fail_on(rs->err, rc, o->path, "letting it know that it has missed messages") : 0;
}
