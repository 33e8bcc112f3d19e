// SPDX-License-Identifier: GPL-2.0-or-later
/* Talking to the kernel by netlink(7). */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

#define ANSWER 65536

void nl_begin(struct nl_request *r, int type, int flags, const void *body, size_t size)
{
	memset(r, 0, sizeof(*r));
	r->h = (struct nlmsghdr){ .nlmsg_len = NLMSG_LENGTH(size), .nlmsg_type = type,
				  .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = 1 };
	memcpy(NLMSG_DATA(&r->h), body, size);
}

void nl_attr(struct nl_request *r, int type, const void *data, size_t size)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), data, size);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

void nl_append(struct nl_request *r, const void *data, size_t size)
{
	memcpy((char *)r + NLMSG_ALIGN(r->h.nlmsg_len), data, size);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + size;
}

struct rtattr *nl_nest(struct nl_request *r, int type)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->h.nlmsg_len));

	nl_attr(r, type, NULL, 0);
	return a;
}

void nl_nest_end(struct nl_request *r, struct rtattr *nest)
{
	nest->rta_len = (char *)r + r->h.nlmsg_len - (char *)nest;
}

const void *nl_among(const void *attrs, size_t n, int type, size_t size)
{
	const struct rtattr *a = attrs;
	int left = n;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if ((a->rta_type & NLA_TYPE_MASK) == type && RTA_PAYLOAD(a) >= size)
			return RTA_DATA(a);
	return NULL;
}

const void *nl_in(const void *nest, int type, size_t size)
{
	return nl_among(nest, RTA_PAYLOAD((const struct rtattr *)((const char *)nest - RTA_LENGTH(0))), type, size);
}

uint32_t nl_u32(const struct nlmsghdr *h, size_t body, int type, uint32_t def)
{
	const void *p = nl_find(h, body, type, sizeof(def));

	if (p)
		memcpy(&def, p, sizeof(def));
	return def;
}

const void *nl_find(const struct nlmsghdr *h, size_t body, int type, size_t size)
{
	if (h->nlmsg_len < NLMSG_SPACE(body))
		return NULL;
	return nl_among((const char *)NLMSG_DATA(h) + NLMSG_ALIGN(body), h->nlmsg_len - NLMSG_SPACE(body), type, size);
}

static int error_of(const struct nlmsghdr *h)
{
	return h->nlmsg_len >= NLMSG_LENGTH(sizeof(int)) ? *(int *)NLMSG_DATA(h) : 0;
}

/* @end: there is no more to come, or no more is wanted. Return: 0, an errno, or what @each said */
static int take(char *buf, ssize_t len, int (*each)(void *arg, const struct nlmsghdr *h), void *arg,
		bool *end)
{
	struct nlmsghdr *h;
	int rc = 0;

	for (h = (void *)buf; NLMSG_OK(h, len) && !*end; h = NLMSG_NEXT(h, len)) {
		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
			*end = true;
			return error_of(h);
		}
		rc = each ? each(arg, h) : 0;
		*end = rc;
	}
	return rc;
}

static int talk(int protocol, struct nl_request *r, int (*each)(void *arg, const struct nlmsghdr *h),
		void *arg)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), rc = 0;
	char *buf = malloc(ANSWER);
	bool end = false;
	ssize_t n;

	if (fd < 0 || !buf)
		rc = fd < 0 ? -errno : -ENOMEM;
	else if (send(fd, r, r->h.nlmsg_len, 0) < 0)
		rc = -errno;
	while (!rc && !end) {
		n = recv(fd, buf, ANSWER, 0);
		if (n > 0)
			rc = take(buf, n, each, arg, &end);
		else if (!n || errno != EINTR)
			rc = n ? -errno : -EIO;
	}
	free(buf);
	if (fd >= 0)
		close(fd);
	return rc;
}

int nl_list(int protocol, struct nl_request *r, int (*each)(void *arg, const struct nlmsghdr *h),
	    void *arg)
{
	r->h.nlmsg_flags |= NLM_F_DUMP;
	return talk(protocol, r, each, arg);
}

int nl_get(int protocol, struct nl_request *r, int (*each)(void *arg, const struct nlmsghdr *h), void *arg)
{
	return talk(protocol, r, each, arg);
}

int nl_ask(int protocol, struct nl_request *r)
{
	r->h.nlmsg_flags |= NLM_F_ACK;
	return talk(protocol, r, NULL, NULL);
}
