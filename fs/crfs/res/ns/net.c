// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network namespace: looked at by the helper, with the code of the FUSE filesystem.
 *
 * What is in it is told by netlink and sysctls, to whoever is in it, and is compared with a new namespace, which
 * no module can make. The helper sees what stands still: the container is frozen, and what is left of it is the
 * kernel's own. Links may lead to other namespaces of the container: it is shown all of them.
 */
#include <net/net_namespace.h>

#include "external.h"
#include "helper.h"
#include "res/ns/ns.h"

static const char *next(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', end - p);

	return nl ? nl + 1 : end;
}

/* "ENODATA ns/net-1: lost: ..." is a loss, any other line an obstacle. */
static void take_report(struct snap *s, const struct cns *n, const struct text *report)
{
	const char *p = report->w.buf, *end = p + report->w.len, *q;
	const char *lost = snap_printf(s, "ENODATA %s: lost: ", ns_obj(s, n));

	for (; lost && p < end; p = q) {
		q = next(p, end);
		text_bytes(q - p > strlen(lost) && !memcmp(p, lost, strlen(lost)) ? &s->lost : &s->unsupported,
			   p, q - p);
	}
}

static int result(struct snap *s, const struct cns *n, int rc)
{
	if (rc == -ERESTARTSYS || rc == -EINTR)
		return -EINTR;
	if (rc == -ENOMEM || (rc > 0 && rc >> 8 == ENOMEM))
		return -ENOMEM;
	if (rc < 0)
		snap_unsupported(s, rc, n->task ? task_obj(s, n->task) : ns_obj(s, n),
				 "net namespace of its own: running %s, which looks into it: install it, or name it: /sys/module/crfs/parameters/helper",
				 crfs_helper);
	else if (rc)
		snap_unsupported(s, -EIO, n->task ? task_obj(s, n->task) : ns_obj(s, n),
				 "net namespace of its own: %s could not look into it (%d)", crfs_helper,
				 rc >> 8 ?: rc);
	return rc ? 1 : 0;
}

/* Links are declared as they are called in the mounter's network: is it ours? */
static bool can_see_links(struct snap *s, const struct cns *n)
{
	struct ns_numbers own = { .children = 0 };

	if (!external_links(s->mi))
		return false;
	if (!ns_own(&own) && own.v[NS_NET] == s->mi->own.v[NS_NET])
		return true;
	snap_unsupported(s, -EXDEV, ns_obj(s, n),
			 "links are declared external, and who looks is in another network namespace than who mounted: look from that of the mount");
	return false;
}

/* helper, net, id=N; net=N of each that it has, in the order of the descriptors; outside: it has ours, too */
#define FIXED 3

static const char **arguments(struct snap *s, const struct cns *n, size_t nr, bool outside)
{
	const char **argv = snap_alloc(s, (FIXED + nr + 2) * sizeof(*argv));
	const struct cns *x;
	size_t i = FIXED;

	if (!argv)
		return NULL;
	argv[0] = crfs_helper;
	argv[1] = "net";
	argv[2] = snap_printf(s, "id=%u", n->id);
	for (x = s->ns; x; x = x->next)
		if (x->room == &res_ns_net)
			argv[i++] = snap_printf(s, "net=%u", x->id);
	if (outside)
		argv[i++] = "outside";
	return s->nomem ? NULL : argv;
}

/* All of the container's, with references, and ours with @outside. Return: how many are the container's or a negative errno */
static ssize_t nets_get(struct snap *s, struct run *r, bool outside)
{
	const struct cns *n;
	ssize_t nr = 0;

	for (n = s->ns; n; n = n->next)
		nr += n->room == &res_ns_net;
	r->nets = snap_alloc(s, (nr + outside) * sizeof(*r->nets));
	if (!r->nets)
		return -ENOMEM;
	for (n = s->ns; n; n = n->next) {
		if (n->room != &res_ns_net)
			continue;
		r->nets[r->nr_nets] = ns_net(n);
		if (!r->nets[r->nr_nets])
			return -ESTALE;
		r->nr_nets++;
	}
	if (outside)
		r->nets[r->nr_nets++] = get_net(current->nsproxy->net_ns);
	return nr;
}

static void nets_put(struct run *r)
{
	while (r->nr_nets)
		put_net(r->nets[--r->nr_nets]);
}

static int ask(struct snap *s, const struct cns *n, struct run *r)
{
	const bool outside = can_see_links(s, n);
	ssize_t nr = nets_get(s, r, outside);
	const char **first = nr < 0 ? NULL : arguments(s, n, nr, outside);
	char **argv = first ? external_args(s->mi, first) : NULL;
	int rc = nr < 0 ? nr : -ENOMEM;

	if (argv)
		rc = result(s, n, run_program(r, argv));
	external_args_end(s->mi, argv);
	nets_put(r);
	return rc;
}

static int net_read(struct snap *s, void *obj, struct text *out)
{
	struct cns *n = obj;
	struct run *r = run_new(s->mi->cred);
	int rc;

	if (!r)
		return -ENOMEM;
	rc = ask(s, n, r);
	mutex_lock(&r->lock);
	if (!rc) {
		text_bytes(out, r->out.text.w.buf, r->out.text.w.len);
		take_report(s, n, &r->report.text);
		rc = r->out.text.failed || r->report.text.failed ? -ENOMEM : 0;
	}
	mutex_unlock(&r->lock);
	run_put(r);
	return min(rc, 0);
}

const struct room res_ns_net = {
	.name = "net",
	.scope = PER_NS,
	.read = net_read,
};
