// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In which network namespace sockets are.
 *
 * A socket stays where it was made, whoever has it. SIOCGSKNS gives its namespace, which is one that a task of the
 * container is in, or that of whoever mounts. What is asked of sockets and what they are compared with goes by the
 * namespace of who asks, so the thread that reads goes there first, and so does the controller that makes them. In the
 * tree a socket that is not in the namespace of the container's first task says so among its options: net_ns.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fdroom.h"
#include "proc.h"
#include "res/inode/sysv.h"
#include "res/ns/held.h"
#include "res/ns/home.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "sock_net.h"
#include "sock_view.h"
#include "sockopt.h"

/* Takes over @fd. */
static struct sock_net *add(struct snap *s, ino_t ino, unsigned int id, int fd)
{
	struct sock_net *n = pool_alloc(&s->scratch, sizeof(*n)), **end = &s->nets;

	if (!n) {
		close(fd);
		return NULL;
	}
	*n = (struct sock_net){ .ino = ino, .id = id, .fd = fd };
	while (*end)
		end = &(*end)->next;
	return *end = n;
}

static struct sock_net *by_ino(const struct snap *s, ino_t ino)
{
	struct sock_net *n = s->nets;

	while (n && n->ino != ino)
		n = n->next;
	return n;
}

static struct sock_net *open_net(struct snap *s, const char *who, unsigned int id)
{
	int fd = proc_open(s->proc, O_RDONLY, "%s/ns/net", who);
	struct sock_net *n;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	n = by_ino(s, st.st_ino);
	if (!n)
		return add(s, st.st_ino, id, fd);
	close(fd);
	return n;
}

int sock_nets_begin(struct snap *s)
{
	s->net = open_net(s, "thread-self", ns_id(s, sysv_task(s), "net"));
	return s->net ? 0 : -errno;
}

int sock_nets_end(struct snap *s)
{
	int rc = s->net ? sock_net_go(s, s->nets) : 0;
	struct sock_net *n;

	for (n = s->nets; n; n = n->next)
		close(n->fd);
	s->nets = s->net = NULL;
	return rc;
}

int sock_nets_meet(struct snap *s)
{
	char who[16];
	size_t i;

	for (i = 0; i < s->nr_tasks; i++) {
		struct task *t = &s->tasks[i];
		const unsigned int id = ns_id(s, t, "net");
		const struct sock_net *n = s->nets;

		while (n && n->id != id)
			n = n->next;
		if (n || t->zombie)
			continue;
		snprintf(who, sizeof(who), "%d", t->tid);
		if (!open_net(s, who, id))
			return -errno;
	}
	return 0;
}

/* Where the kernel's memory shows it, without a call. */
static struct sock_net *seen(struct snap *s, const struct file *f, uint64_t *at)
{
	const struct sock_view *v = f->dup >= 0 ? sock_view(s, f) : NULL;
	struct sock_net *n = s->nets;

	*at = 0;
	if (!v || !sock_view_get(v, K_SKC_NET, 0, at, sizeof(*at)))
		return NULL;
	while (n && n->seen != *at)
		n = n->next;
	return n;
}

static struct sock_net *meet(struct snap *s, const struct file *f, ino_t ino, int fd)
{
	const struct ns *ns = ns_by_ino(s, "net", ino);

	if (ns || ino == ns_own(s, "net") || held_meet(s, "net", ino, fd))
		return add(s, ino, ns ? ns->id : 0, fd);
	close(fd);
	snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f), "%s is in a network namespace that no task of the container is in: let the program close it",
			 f->link);
	return s->nets;
}

struct sock_net *sock_net_of(struct snap *s, const struct file *f, int fd)
{
	uint64_t at;
	struct sock_net *n = seen(s, f, &at);
	struct stat st;
	int net;

	if (n)
		return n;
	net = ioctl(fd, SIOCGSKNS);
	if (net < 0 || fstat(net, &st)) {	/* an O_PATH descriptor, which is asked nothing */
		if (net >= 0)
			close(net);
		return s->nets;
	}
	n = by_ino(s, st.st_ino);
	if (!n)
		n = meet(s, f, st.st_ino, net);
	else
		close(net);
	if (n && n->ino == st.st_ino)
		n->seen = at;
	return n;
}

int sock_net_go(struct snap *s, struct sock_net *n)
{
	if (n == s->net)
		return 0;
	if (setns(n->fd, CLONE_NEWNET))
		return -errno;
	s->net = n;
	return 0;
}

bool sock_net_row(const struct snap *s, uint64_t *id)
{
	*id = s->net ? s->net->id : 0;
	return s->net != s->nets;
}

unsigned int sock_net_id(const struct image *im, const struct iobj *o)
{
	return sockopt_net(o, home_of(im, HOME_NET));
}

int sock_net_enter(struct restore *rs, const struct iobj *o)
{
	const unsigned int home = home_of(rs->im, HOME_NET), id = o ? sockopt_net(o, home) : home;
	int rc;

	if (id == rs->net)
		return 0;
	rc = home_enter(rs, HOME_NET, id);
	if (!rc)
		rs->net = id;
	return rc;
}
