// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard of connections with the world outside (-o tcp=guard): set by the helper, with the code of the FUSE filesystem.
 *
 * Which they are, the helper finds by the inode numbers of the container's sockets. Before it has ended, a process that it
 * leaves behind drops their packets, and does so until the cgroup runs or is removed, whatever becomes of the mount and of
 * this module. If there is one already, by the mount of either filesystem, it is told what is new.
 */
#include <linux/file.h>
#include <linux/kernel.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "helper.h"
#include "res/fd/tcp_look.h"

#define GUARDING "guarding the connections with the world outside: "

static int name_sockets(struct run *r, const struct sock *const *v, size_t nr)
{
	char line[24];
	size_t i;

	for (i = 0; i < nr; i++)
		text_bytes(&r->in, line, scnprintf(line, sizeof(line), "%lu\n", sock_i_ino((struct sock *)v[i])));
	return r->in.failed ? -ENOMEM : 0;
}

/* Those that they are in, with references. */
static int nets_get(struct snap *s, struct run *r, const struct sock *const *v, size_t nr)
{
	size_t i, k;

	r->nets = snap_alloc(s, nr * sizeof(*r->nets));
	for (i = 0; r->nets && i < nr; i++) {
		struct net *net = sock_net(v[i]);

		for (k = r->nr_nets; k && r->nets[k - 1] != net; k--)
			;
		if (!k)
			r->nets[r->nr_nets++] = get_net(net);
	}
	return r->nets ? 0 : -ENOMEM;
}

static void nets_put(struct run *r)
{
	while (r->nr_nets)
		put_net(r->nets[--r->nr_nets]);
}

static int say(struct snap *s, struct tcp_unguarded *u, int code, const char *why)
{
	u->code = code;
	u->why = why;
	return why ? 0 : -ENOMEM;
}

/* What it has reported is a line. */
static const char *reported(struct snap *s, struct run *r)
{
	const struct text *t = &r->report.text;
	const char *why;

	mutex_lock(&r->lock);
	if (t->w.len > 1)
		why = snap_printf(s, "%.*s", (int)t->w.len - 1, t->w.buf);
	else
		why = snap_printf(s, GUARDING "%s cannot: install that of this version", crfs_helper);
	mutex_unlock(&r->lock);
	return why;
}

static int result(struct snap *s, struct run *r, int rc, struct tcp_unguarded *u)
{
	if (!rc)
		return 0;
	if (rc == -ERESTARTSYS || rc == -EINTR)
		return -EINTR;
	if (rc == -ENOMEM || (rc > 0 && rc >> 8 == ENOMEM))
		return -ENOMEM;
	if (rc < 0)
		return say(s, u, rc,
			   snap_printf(s, GUARDING "running %s: install it, or name it: /sys/module/crfs/parameters/helper",
				       crfs_helper));
	if (rc & 0x7f)
		return say(s, u, -EIO,
			   snap_printf(s, GUARDING "%s was ended by signal %d: freeze it again", crfs_helper, rc & 0x7f));
	return say(s, u, -(rc >> 8), reported(s, r));
}

static int run(struct snap *s, struct run *r, struct tcp_unguarded *u)
{
	char nets[24], *argv[] = { crfs_helper, "guard", nets, NULL };
	int rc;

	snprintf(nets, sizeof(nets), "nets=%zu", r->nr_nets);
	r->dir = cgroup_dir(s->mi);
	if (IS_ERR(r->dir)) {
		rc = PTR_ERR(r->dir);
		r->dir = NULL;
		return snap_fail(s, rc, "cgroup");
	}
	return result(s, r, run_program(r, argv), u);
}

int guard_set(struct snap *s, const struct sock *const *v, size_t nr, struct tcp_unguarded *u)
{
	struct run *r = run_new(s->mi->cred);
	int rc = r ? name_sockets(r, v, nr) : -ENOMEM;

	if (!rc)
		rc = nets_get(s, r, v, nr);
	if (!rc)
		rc = run(s, r, u);
	if (r) {
		nets_put(r);
		if (r->dir)
			fput(r->dir);
		run_put(r);
	}
	return rc;
}
