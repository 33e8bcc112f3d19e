// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A user namespace: which one it lies in, who owns it, which ids it has, and which other namespaces
 * belong to it; user_namespaces(7).
 *
 * From uid_map, gid_map and setgroups in /proc/<pid> of a task in it, whose numbers the kernel gives as
 * those of whoever reads, and NS_GET_PARENT, NS_GET_OWNER_UID, NS_GET_USERNS (4.11). Refused: one that lies in
 * another that no task is in, since nothing tells its maps; and what cannot be born again: see
 * name_obstacles(). Put back: user_make.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crfs/res/ns/user.h>

#include "ns.h"
#include "proc.h"
#include "res/task/keyring.h"
#include "rooms.h"
#include "user_limits.h"
#include "user_read.h"

/* What @request says of a namespace: the inode number of another; 0 if it cannot be told */
static uint64_t related(struct snap *s, const struct ns *n, unsigned long request)
{
	int up, fd = ns_open(s, n);
	struct stat st = { 0 };

	if (fd < 0)
		return 0;
	up = ioctl(fd, request);
	close(fd);
	if (up < 0)
		return 0;
	if (fstat(up, &st))
		st.st_ino = 0;
	close(up);
	return st.st_ino;
}

static uint64_t own_user(struct snap *s)
{
	struct stat st;

	return fstatat(s->proc, "self/ns/user", &st, 0) ? 0 : st.st_ino;
}

/* The user namespace with inode number @ino; false if it is neither the container's nor ours */
static bool known(struct snap *s, uint64_t ino, unsigned int *id)
{
	struct ns *n = ino ? ns_by_ino(s, "user", ino) : NULL;

	*id = n ? n->id : 0;
	return n || (ino && ino == own_user(s));
}

static unsigned int owner_of(struct snap *s, const struct ns *n, bool *ok)
{
	unsigned int id = 0;

	*ok = !strcmp(n->kind, "user") || known(s, related(s, n, NS_GET_USERNS), &id);
	return id;
}

static int list_owned(struct snap *s, const struct ns *user, struct text *list)
{
	struct ns *n;
	bool ok;

	for (n = ns_first(s); n; n = n->next)
		if (n->id && owner_of(s, n, &ok) == user->id)
			text_list(list, n->id);
	return text_failed(list) ? -ENOMEM : 0;
}

static int emit_map(struct snap *s, const struct task *t, const char *file, const struct crfs_shape *shape,
		    struct text *out)
{
	char *text = proc_read(s->proc, NULL, "%d/%s", t->tid, file), *line, *save = NULL;
	struct crfs_id_map m;

	text_section(out, shape);
	if (!text)
		return -errno;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%u %u %u", &m.inside, &m.outside, &m.count) == 3)
			text_rec(out, shape, &m);
	free(text);
	return 0;
}

static unsigned int maker(struct snap *s, const struct task *t)
{
	int fd = proc_open(s->proc, O_RDONLY, "%d/ns/user", t->tid);
	uid_t uid = 0;

	if (fd < 0 || ioctl(fd, NS_GET_OWNER_UID, &uid))
		uid = 0;
	if (fd >= 0)
		close(fd);
	return uid;
}

/* Quotas of projects go by it; it is for whoever needs more than one project in a user namespace. */
static void name_projects(struct snap *s, const struct ns *n)
{
	char *map = proc_read(s->proc, NULL, "%d/projid_map", n->task->tid);

	if (map && *map)
		snap_lost(s, pool_printf(&s->pool, "ns/user-%u", n->id), "its map of project ids (projid_map)");
	free(map);
}

static int user_read(struct snap *s, void *obj, struct text *out)
{
	struct ns *n = obj;
	char *setgroups = proc_read(s->proc, NULL, "%d/setgroups", n->task->tid);
	struct crfs_ns_user c = { .owner = maker(s, n->task), .setgroups = !setgroups || *setgroups != 'd' };
	struct text owned = { 0 };
	int rc;

	free(setgroups);
	name_projects(s, n);
	if (!s->live)
		user_limits_name(s, n);
	keyring_users(s, n->task, pool_printf(&s->pool, "ns/user-%u", n->id));
	if (!known(s, related(s, n, NS_GET_PARENT), &c.parent))
		snap_unsupported(s, -EXDEV, pool_printf(&s->pool, "ns/user-%u", n->id),
				 "lies in a user namespace that no task of the container is in: mount crfs in that one");
	rc = list_owned(s, n, &owned);
	c.owns = text_str(&owned);
	text_section(out, &crfs_ns_user_shape);
	text_rec(out, &crfs_ns_user_shape, &c);
	text_free(&owned);
	if (!rc)
		rc = emit_map(s, n->task, "uid_map", &crfs_uid_map_shape, out);
	return rc ?: emit_map(s, n->task, "gid_map", &crfs_gid_map_shape, out);
}

/* That of the first process of the container's pids, if these are a namespace's of its own */
static const struct ns *outermost(struct snap *s)
{
	struct ns *n;

	for (n = ns_first(s); n && s->level; n = n->next)
		if (!strcmp(n->kind, "pid") && s->tasks[0].vtid == 1 && ns_id(s, &s->tasks[0], "pid") == n->id)
			return n;
	return NULL;
}

static void name_task(struct snap *s, struct task *t, unsigned int birth)
{
	unsigned int own = ns_id(s, t, "user");

	if (t->zombie || own == birth)
		return;
	if (!own)
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "tasks", t->vtid),
				 "is in the pid namespace of a user namespace, and not in that: let it go there");
	else if (t->leader != t)
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "tasks", t->leader->vtid),
				 "has threads, and a user namespace without pids of its own: start it with unshare --pid --fork, too");
}

static void name_ns(struct snap *s, const struct ns *n, unsigned int birth)
{
	bool ok;
	unsigned int owner = owner_of(s, n, &ok);
	const char *obj = pool_printf(&s->pool, "ns/%s-%u", n->kind, n->id);

	if (!ok)
		snap_unsupported(s, -EXDEV, obj, "belongs to a user namespace that no task of the container is in: mount crfs in that one");
	else if (!strcmp(n->kind, "pid") && owner != birth)
		snap_unsupported(s, -EOPNOTSUPP, obj, "belongs to another user namespace than the container's first pid namespace: let them belong to one");
	else if (!strcmp(n->kind, "time") && owner)
		snap_unsupported(s, -EOPNOTSUPP, obj, "a time namespace that belongs to a user namespace, which cannot be carried yet: run it without");
}

void user_obstacles(struct snap *s)
{
	const struct ns *top = outermost(s), *n;
	unsigned int birth;
	bool any = false, ok;
	size_t i;

	for (n = ns_first(s); n; n = n->next)
		any = any || !strcmp(n->kind, "user");
	if (!any)
		return;
	birth = top ? owner_of(s, top, &ok) : 0;
	for (n = ns_first(s); n; n = n->next)
		name_ns(s, n, birth);
	for (i = 0; i < s->nr_tasks; i++)
		name_task(s, &s->tasks[i], birth);
}

static void check_map(struct image *im, struct iobj *o, int section, const char *what)
{
	const struct crfs_id_map *m;
	size_t n, i;

	m = image_recs(o, &res_ns_user, section, &n);
	for (i = 0; i < n; i++)
		if (!m[i].count || m[i].inside + m[i].count < m[i].inside || m[i].outside + m[i].count < m[i].outside)
			image_mismatch(im, -EINVAL, o->path, "%s: row %zu: there are no such ids", what, i + 1);
	if (n > 340)
		image_mismatch(im, -EINVAL, o->path, "%s: more than 340 rows", what);
}

/* @up, or one that it lies in, lies in @o? Or do they go too deep to be told? */
static bool lies_in(const struct image *im, const struct iobj *up, const struct iobj *o, int depth)
{
	const struct crfs_ns_user *c = up->room == &res_ns_user ? image_rec(up, &res_ns_user, 0) : NULL;
	const struct iobj *next = c && c->parent ? image_obj(im, IOBJ_NS, c->parent) : NULL;

	return up == o || depth > 32 || (next && lies_in(im, next, o, depth + 1));
}

static void user_check(struct image *im, struct iobj *o)
{
	const struct crfs_ns_user *c = image_rec(o, &res_ns_user, 0);
	struct iobj *up = c && c->parent ? image_obj(im, IOBJ_NS, c->parent) : NULL, *ns;
	struct crfs_str list = c ? c->owns : (struct crfs_str){ NULL, 0 };
	__u64 id;

	if (!c)
		return;
	if (c->parent && (!up || up->room != &res_ns_user || lies_in(im, up, o, 0)))
		image_mismatch(im, -EINVAL, o->path, "parent %u is no user namespace that it could lie in", c->parent);
	while (crfs_list_next(&list, &id)) {
		ns = id < ~0U ? image_obj(im, IOBJ_NS, id) : NULL;
		if (!ns || ns->room == &res_ns_user || ns->room == &res_ns_time)
			image_mismatch(im, -EINVAL, o->path, "owns %llu, which is not in ns/",
				       (unsigned long long)id);
	}
	check_map(im, o, 1, "uid_map");
	check_map(im, o, 2, "gid_map");
}

static const struct crfs_shape *const shapes[] = { &crfs_ns_user_shape, &crfs_uid_map_shape,
						   &crfs_gid_map_shape, NULL };

const struct resource res_ns_user = {
	.name = "user",
	.scope = PER_NS,
	.shapes = shapes,
	.read = user_read,
	.check = user_check,
	.make = user_make,
};
