// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user namespace: which one it lies in, who owns it, which ids it has, and which other namespaces
 * belong to it. Refused: one that lies in another that no task is in, and what cannot be born again;
 * see fuse-proto/res/ns/user.c.
 */
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>

#include <crfs/res/ns/user.h>

#include "internal.h"
#include "res/ns/ns.h"
#include "res/task/keyring.h"

static const struct uid_gid_extent *extent(const struct uid_gid_map *map, unsigned int i)
{
	return map->nr_extents <= UID_GID_MAP_MAX_BASE_EXTENTS ? &map->extent[i] : &map->forward[i];
}

/* As uid_map shows it to whoever is in the mounter's namespace. */
static void emit_map(const struct uid_gid_map *map, bool group, const struct crfs_shape *shape,
		     struct text *out)
{
	const struct uid_gid_extent *e;
	struct crfs_id_map m;
	unsigned int i, nr = READ_ONCE(map->nr_extents);

	smp_rmb();	/* map_write(), kernel/user_namespace.c */
	text_section(out, shape);
	for (i = 0; i < nr; i++) {
		e = extent(map, i);
		m = (struct crfs_id_map){ .inside = e->first, .count = e->count };
		m.outside = group ? from_kgid(current_user_ns(), KGIDT_INIT(e->lower_first)) :
				    from_kuid(current_user_ns(), KUIDT_INIT(e->lower_first));
		text_rec(out, shape, &m);
	}
}

static int list_owned(struct snap *s, const struct cns *user, struct text *list)
{
	struct cns *n;
	u32 id;

	for (n = s->ns; n; n = n->next) {
		ns_owner(s, n, &id);
		if (id == user->id)
			text_list(list, n->id);
	}
	return list->failed ? -ENOMEM : 0;
}

/* A new namespace has no limit of its own. */
static void name_limits(struct snap *s, const struct cns *n, const struct user_namespace *ns)
{
	int i, set = 0;

	for (i = 0; i < UCOUNT_COUNTS; i++)
		set += READ_ONCE(ns->ucount_max[i]) != INT_MAX;
	if (set)
		snap_lost(s, ns_obj(s, n), "%d of its limits (/proc/sys/user)", set);
}

static int user_read(struct snap *s, void *obj, struct text *out)
{
	struct cns *n = obj;
	const struct cred *cred = get_task_cred(n->task->task);
	struct user_namespace *ns = get_user_ns(cred->user_ns);
	struct crfs_ns_user c = {
		.owner = from_kuid_munged(current_user_ns(), ns->owner),
		.setgroups = !!(ns->flags & USERNS_SETGROUPS_ALLOWED),
	};
	struct text owned = { .failed = false };
	int rc;

	put_cred(cred);
	if (READ_ONCE(ns->projid_map.nr_extents))
		snap_lost(s, ns_obj(s, n), "its map of project ids (projid_map)");
	if (!s->live)
		name_limits(s, n, ns);
	keyring_users(s, ns, ns_obj(s, n));
	if (!ns_user_known(s, ns->parent ? ns->parent->ns.inum : 0, &c.parent))
		snap_unsupported(s, -EXDEV, ns_obj(s, n),
				 "lies in a user namespace that no task of the container is in: mount crfs in that one");
	rc = list_owned(s, n, &owned);
	c.owns = text_str(&owned);
	text_section(out, &crfs_ns_user_shape);
	text_rec(out, &crfs_ns_user_shape, &c);
	text_free(&owned);
	emit_map(&ns->uid_map, false, &crfs_uid_map_shape, out);
	emit_map(&ns->gid_map, true, &crfs_gid_map_shape, out);
	put_user_ns(ns);
	return rc;
}

/* That of the first process of the container's pids, if these are a namespace's of its own */
static const struct cns *outermost(struct snap *s)
{
	struct cns *n;

	for (n = s->ns; n && s->level > s->pid_ns->level; n = n->next)
		if (n->nr_kind == NS_PID && s->tasks[0].vtid == 1 && s->tasks[0].ns[NS_PID] == n->id)
			return n;
	return NULL;
}

static void name_task(struct snap *s, struct ctask *t, u32 birth)
{
	u32 own = t->ns[NS_USER];

	if (t->zombie || own == birth)
		return;
	if (!own)
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "is in the pid namespace of a user namespace, and not in that: let it go there");
	else if (t->leader != t)
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t->leader),
				 "has threads, and a user namespace without pids of its own: start it with unshare --pid --fork, too");
}

static void name_ns(struct snap *s, const struct cns *n, u32 birth)
{
	u32 owner;

	if (!ns_owner(s, n, &owner))
		snap_unsupported(s, -EXDEV, ns_obj(s, n),
				 "belongs to a user namespace that no task of the container is in: mount crfs in that one");
	else if (n->nr_kind == NS_PID && owner != birth)
		snap_unsupported(s, -EOPNOTSUPP, ns_obj(s, n),
				 "belongs to another user namespace than the container's first pid namespace: let them belong to one");
	else if (n->nr_kind == NS_TIME && owner)
		snap_unsupported(s, -EOPNOTSUPP, ns_obj(s, n),
				 "a time namespace that belongs to a user namespace, which cannot be carried yet: run it without");
}

void user_obstacles(struct snap *s)
{
	const struct cns *top = outermost(s), *n;
	bool any = false;
	u32 birth = 0;
	size_t i;

	for (n = s->ns; n; n = n->next)
		any |= n->nr_kind == NS_USER;
	if (!any)
		return;
	if (top)
		ns_owner(s, top, &birth);
	for (n = s->ns; n; n = n->next)
		name_ns(s, n, birth);
	for (i = 0; i < s->nr_tasks; i++)
		name_task(s, &s->tasks[i], birth);
}

const struct room res_ns_user = {
	.name = "user",
	.scope = PER_NS,
	.read = user_read,
};
