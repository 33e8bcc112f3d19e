// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which cgroup a task joins, and when.
 *
 * Best at birth, so that the memory it gets is charged where it belongs. But a frozen cgroup lets
 * nobody play; then all are moved at last, while they stand in ptrace stops, which count as frozen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <crfs/res/root/cgroup.h>

#include "rooms.h"
#include "run.h"

static bool is(struct crfs_str s, const char *p)
{
	return s.len == strlen(p) && !memcmp(s.p, p, s.len);
}

/* Will a cgroup below be frozen, or be asked to be? */
static bool frozen_below(const struct image *im)
{
	const struct crfs_cgroup *c;
	size_t n, i;

	c = image_recs(im->objs[IOBJ_ROOT], &res_root_cgroup, 0, &n);
	for (i = 0; i < n; i++)
		if ((is(c[i].file, "cgroup.freeze") && is(c[i].value, "1")) ||
		    (is(c[i].file, "freezer.state") && !is(c[i].value, "THAWED")))
			return true;
	return false;
}

bool spawn_joins_early(const struct image *im)
{
	return !cgroup_wants_frozen(im->cg) && !frozen_below(im);
}

static struct crfs_str path_of(const struct rtask *rt)
{
	struct crfs_str top = { "/", 1 };

	/* A dead leader's threads say where its process is, and helpers stay with their maker. */
	while (rt && (rt->helper || rt->zombie))
		rt = rt->helper ? rt->birth->maker : rt->next_thread;
	return rt ? rt->birth->st->cgroup : top;
}

static int join(struct run *r, const struct rtask *rt, struct crfs_str path, bool thread)
{
	const struct cgroup *cg = r->rs.im->cg;
	const char *file = !thread ? "cgroup.procs" : cg->v1 ? "tasks" : "cgroup.threads";
	char name[4200], pid[16], obj[64];
	int fd, n, rc = 0;

	snprintf(name, sizeof(name), ".%.*s/%s", (int)path.len, path.p, file);
	n = snprintf(pid, sizeof(pid), "%d", rt->pid);
	fd = openat(cg->dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || write(fd, pid, n) != n)
		rc = fail_on(&r->err, -errno, run_path(rt, obj), "moving it into cgroup %s%.*s: allow that",
			     cg->path, (int)path.len, path.p);
	if (fd >= 0)
		close(fd);
	return rc;
}

static bool same(struct crfs_str a, struct crfs_str b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

int spawn_join_born(struct run *r, const struct rtask *rt)
{
	const struct rtask *maker = rt->birth->maker;
	struct crfs_str path = path_of(rt);

	if (!r->early || rt->leader != rt || rt->helper || (maker && same(path, path_of(maker->leader))))
		return 0;
	return join(r, rt, path, false);
}

/* Threads may be apart from their process, where cgroup.type is threaded. */
int spawn_join_last(struct run *r)
{
	struct rtask *rt, *t;
	size_t i;
	int rc = 0;

	for (i = 0; i < r->plan->nr && !rc; i++) {
		rt = &r->plan->tasks[i];
		for (t = rt->leader; t && t->zombie; t = t->next_thread)
			;
		if (!t)
			continue;
		if (rt->leader == rt && !r->early)
			rc = join(r, t, path_of(rt), false);
		else if (rt->leader != rt && !same(path_of(rt), path_of(rt->leader)))
			rc = join(r, rt, path_of(rt), true);
	}
	return rc;
}
