// SPDX-License-Identifier: GPL-2.0-only
/* Questions to the kernel that are asked by netlink, through a socket of our own. */
#include <linux/net.h>
#include <linux/slab.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "internal.h"
#include "res/fd/netlink_ask.h"

#define ANSWER 32768

struct asked {
	struct socket *nl;
	void *buf;
	void (*take)(void *arg, const struct nlmsghdr *h);
	void *arg;
};

/* Return: 1: that was all, 0, or a negative errno */
static int read_answer(const struct asked *a)
{
	struct msghdr m = { .msg_flags = MSG_DONTWAIT };
	struct kvec vec = { a->buf, ANSWER };
	int n = kernel_recvmsg(a->nl, &m, &vec, 1, ANSWER, MSG_DONTWAIT);
	const struct nlmsghdr *h = a->buf;

	if (n <= 0)
		return n ?: -EIO;
	for (; nlmsg_ok(h, n); h = nlmsg_next(h, &n)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((const struct nlmsgerr *)nlmsg_data(h))->error ?: -EIO;
		a->take(a->arg, h);
	}
	return 0;
}

static int ask(struct asked *a, const struct nlmsghdr *q, size_t size)
{
	struct kvec vec = { (void *)q, size };
	struct msghdr m = { .msg_flags = 0 };
	int rc;

	a->buf = kvmalloc(ANSWER, GFP_KERNEL_ACCOUNT);
	rc = a->buf ? kernel_sendmsg(a->nl, &m, &vec, 1, size) : -ENOMEM;
	rc = min(rc, 0);
	while (!rc)
		rc = read_answer(a);
	kvfree(a->buf);
	return min(rc, 0);
}

/* Who is asked looks at the rights of the file that asks. */
int netlink_list(struct net *net, int protocol, const struct nlmsghdr *q, size_t size,
		 void (*take)(void *arg, const struct nlmsghdr *h), void *arg)
{
	struct asked a = { .take = take, .arg = arg };
	struct file *file;
	int rc = sock_create_kern(net, AF_NETLINK, SOCK_RAW, protocol, &a.nl);

	if (rc)
		return rc;
	file = sock_alloc_file(a.nl, 0, NULL);
	if (IS_ERR(file))	/* and the socket is gone */
		return PTR_ERR(file);
	rc = ask(&a, q, size);
	fput(file);
	return rc;
}
