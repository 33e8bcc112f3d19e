// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A UTS namespace: host name and NIS domain name.
 *
 * Read by uname(2) from inside: namespaces are a thread's own, so the thread that reads goes in and
 * comes back. Put back by unshare(2) in the controller, from which all tasks are born. Nothing is
 * lost; kernel release and version are those of the machine.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <crfs/res/ns/uts.h>

#include "ns.h"
#include "rooms.h"
#include "user.h"
#include "visit.h"

static int uname_in(struct snap *s, const struct ns *n, struct utsname *u)
{
	struct visit v;
	int rc = visit_ns(s, n, CLONE_NEWUTS, &v);

	if (rc)
		return rc;
	uname(u);
	return visit_end(&v);
}

static int uts_read(struct snap *s, void *obj, struct text *out)
{
	struct ns *n = obj;
	struct crfs_ns_uts c;
	struct utsname u;
	int rc = uname_in(s, n, &u);

	if (rc)
		return fail(s->err, rc, "setns into ns/uts-%u", n->id);
	c.nodename = (struct crfs_str){ u.nodename, strlen(u.nodename) };
	c.domainname = (struct crfs_str){ u.domainname, strlen(u.domainname) };
	text_section(out, &crfs_ns_uts_shape);
	text_rec(out, &crfs_ns_uts_shape, &c);
	return 0;
}

static void uts_check(struct image *im, struct iobj *o)
{
	const struct crfs_ns_uts *c = image_rec(o, &res_ns_uts, 0);

	if (c && (c->nodename.len > 64 || c->domainname.len > 64))
		image_mismatch(im, -EINVAL, o->path, "a name is longer than 64 bytes");
}

static int uts_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_ns_uts *c = image_rec(o, &res_ns_uts, 0);
	int rc;

	rc = user_unshare(rs, o, "uts", CLONE_NEWUTS);
	if (rc)
		return fail_on(rs->err, rc, o->path, "unshare(CLONE_NEWUTS)");
	if (sethostname(c->nodename.p, c->nodename.len))
		return fail_on(rs->err, -errno, o->path, "sethostname");
	if (setdomainname(c->domainname.p, c->domainname.len))
		return fail_on(rs->err, -errno, o->path, "setdomainname");
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_ns_uts_shape, NULL };

const struct resource res_ns_uts = {
	.name = "uts",
	.scope = PER_NS,
	.shapes = shapes,
	.read = uts_read,
	.check = uts_check,
	.make = uts_make,
};
