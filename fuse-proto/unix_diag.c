// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What sock_diag(7) says of unix sockets.
 *
 * One dump for all: the kernel finds a single socket by walking through all of them. A dump may miss one
 * while others come and go outside the container; that one is asked for alone.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unix_diag.h"

#define ANSWER (256 << 10)

static int ask(int nl, ino_t ino)
{
	struct {
		struct nlmsghdr h;
		struct unix_diag_req r;
	} req = {
		.h = { sizeof(req), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | (ino ? 0 : NLM_F_DUMP), 0, 0 },
		.r = { .sdiag_family = AF_UNIX, .udiag_states = -1, .udiag_ino = ino,
		       .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS |
				     UDIAG_SHOW_RQLEN,
		       .udiag_cookie = { -1, -1 } },
	};

	return send(nl, &req, sizeof(req), 0) < 0 ? -errno : 0;
}

static int take_waiting(struct udiag *d, struct rtattr *a)
{
	d->nr_waiting = RTA_PAYLOAD(a) / sizeof(*d->waiting);
	d->waiting = malloc(RTA_PAYLOAD(a) + 1);
	if (!d->waiting)
		return -ENOMEM;
	memcpy(d->waiting, RTA_DATA(a), d->nr_waiting * sizeof(*d->waiting));
	return 0;
}

static int parse(struct nlmsghdr *h, struct udiag *d)
{
	struct unix_diag_msg *m = NLMSG_DATA(h);
	int len = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)), rc = 0;
	struct unix_diag_rqlen *q;
	struct rtattr *a;

	*d = (struct udiag){ .ino = m->udiag_ino, .type = m->udiag_type, .listens = m->udiag_state == TCP_LISTEN };
	for (a = (void *)(m + 1); RTA_OK(a, len) && !rc; a = RTA_NEXT(a, len)) {
		switch (a->rta_type) {
		case UNIX_DIAG_NAME:
			d->named = true;
			break;
		case UNIX_DIAG_PEER:
			d->peer = *(uint32_t *)RTA_DATA(a);
			d->has_peer = true;
			break;
		case UNIX_DIAG_ICONS:
			rc = take_waiting(d, a);
			break;
		case UNIX_DIAG_RQLEN:
			q = RTA_DATA(a);
			d->rqueue = q->udiag_rqueue;
			d->wqueue = q->udiag_wqueue;
			break;
		case UNIX_DIAG_SHUTDOWN:
			d->shutdown = *(uint8_t *)RTA_DATA(a);
			break;
		}
	}
	return rc;
}

static int add(struct udiags *all, size_t *cap, struct nlmsghdr *h)
{
	if (all->n == *cap) {
		size_t more = *cap ? 2 * *cap : 256;
		struct udiag *d = realloc(all->d, more * sizeof(*d));

		if (!d)
			return -ENOMEM;
		all->d = d;
		*cap = more;
	}
	return parse(h, &all->d[all->n++]);
}

/* Return: 1 when there is no more to come, else 0 or a negative errno */
static int take(struct udiags *all, size_t *cap, char *buf, ssize_t n)
{
	struct nlmsghdr *h;
	int rc = 0;

	for (h = (void *)buf; NLMSG_OK(h, (size_t)n) && !rc; h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)NLMSG_DATA(h))->error ?: -EIO;
		rc = add(all, cap, h);
	}
	return rc;
}

static int by_ino(const void *a, const void *b)
{
	const struct udiag *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* @ino 0: everyone */
static int query(struct udiags *all, ino_t ino)
{
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), rc;
	char *buf = malloc(ANSWER);
	size_t cap = all->n;
	ssize_t n;

	rc = nl < 0 ? -errno : !buf ? -ENOMEM : ask(nl, ino);
	while (!rc) {
		n = recv(nl, buf, ANSWER, 0);
		rc = n < 0 ? -errno : take(all, &cap, buf, n);
		if (ino && !rc)
			rc = 1;
	}
	free(buf);
	if (nl >= 0)
		close(nl);
	if (rc == 1 && all->n)
		qsort(all->d, all->n, sizeof(*all->d), by_ino);
	return rc < 0 ? rc : 0;
}

int udiag_dump(struct udiags *all)
{
	*all = (struct udiags){ .n = 0 };
	return query(all, 0);
}

int udiag_more(struct udiags *all)
{
	return query(all, 0);
}

void udiag_free(struct udiags *all)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		free(all->d[i].waiting);
	free(all->d);
	*all = (struct udiags){ .n = 0 };
}

const struct udiag *udiag_find(struct udiags *all, ino_t ino)
{
	const struct udiag key = { .ino = ino };
	const struct udiag *d = all->n ? bsearch(&key, all->d, all->n, sizeof(key), by_ino) : NULL;

	if (!d && !query(all, ino))
		d = all->n ? bsearch(&key, all->d, all->n, sizeof(key), by_ino) : NULL;
	return d;
}
