// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which network namespace sockets are.
 *
 * A socket stays where it was made, whoever has it. What sockets are compared with, and what their numbers mean, goes by
 * that. In the tree a socket that is not in the namespace of the container's first task says so among its options: net_ns.
 */
#include <linux/net.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "res/fd/sock_net.h"
#include "res/inode/sysv.h"
#include "res/ns/held.h"
#include "res/ns/ns.h"

static bool is_known(const struct snap *s, const struct net *net)
{
	const struct sock_net *n = s->nets;

	while (n && n->net != net)
		n = n->next;
	return n;
}

/* Takes over @net. */
static int add(struct snap *s, struct net *net)
{
	struct sock_net *n = snap_alloc(s, sizeof(*n)), **end = &s->nets;

	if (!n) {
		put_net(net);
		return -ENOMEM;
	}
	*n = (struct sock_net){ .net = net };
	while (*end)
		end = &(*end)->next;
	*end = n;
	return 0;
}

static int add_of(struct snap *s, struct task_struct *t)
{
	struct net *net = ns_net_of(t);

	if (!net)
		return -ESTALE;
	if (!is_known(s, net))
		return add(s, net);
	put_net(net);
	return 0;
}

int sock_nets_begin(struct snap *s)
{
	int rc = add_of(s, sysv_task(s)->task);
	size_t i;

	for (i = 0; i < s->nr_tasks && !rc; i++)
		if (!s->tasks[i].zombie)
			rc = add_of(s, s->tasks[i].task);
	s->net = rc ? NULL : s->nets->net;
	return rc;
}

void sock_nets_end(struct snap *s)
{
	const struct sock_net *n;

	for (n = s->nets; n; n = n->next)
		put_net(n->net);
	s->nets = NULL;
	s->net = NULL;
}

int sock_net_enter(struct snap *s, const struct cfile *f, struct net *net)
{
	u32 id;

	s->net = s->nets->net;
	if (!is_known(s, net) && !ns_known(s, str_of("net"), net->ns.inum, &id) &&
	    !held_meet(s, NS_NET, &net->ns)) {
		snap_unsupported(s, -EOPNOTSUPP, file_obj(s, f),
				 "%s is in a network namespace that no task of the container is in: let the program close it",
				 f->link);
		return 0;
	}
	if (!is_known(s, net) && add(s, get_net(net)))
		return -ENOMEM;
	s->net = net;
	return 0;
}

int sock_net_go(struct snap *s, const struct cfile *f)
{
	struct socket *sock = S_ISSOCK(f->st.mode) && !(f->flags & O_PATH) ? sock_from_file(f->file) : NULL;

	return sock_net_enter(s, f, sock && sock->sk ? sock_net(sock->sk) : s->nets->net);
}

bool sock_net_row(struct snap *s, u32 *id)
{
	ns_known(s, str_of("net"), s->net->ns.inum, id);
	return s->net != s->nets->net;
}
