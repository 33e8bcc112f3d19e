// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plan: who makes whom, so that everyone is born in its session and with what it shares.
 *
 * A process inherits its session and cannot enter another one later, so it has to be made by a
 * member. Mostly that is its parent, after or before the parent's own setsid(). If it is neither,
 * it was orphaned, and is so again: a helper in the session makes it and exits, and its parent
 * adopts it as the nearest subreaper (or the init). A session whose leader is dead is begun by a
 * helper with the leader's pid.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "spawn.h"

static void refuse(struct plan *p, const struct rtask *rt, const char *why)
{
	image_mismatch(p->im, -EOPNOTSUPP, rt->o->path, "%s: end one of the tasks before the checkpoint",
		       why);
}

/* Processes, parents first. Return: how many; fewer than there are if parents form a ring */
static size_t breadth_first(const struct plan *p, struct rtask **list)
{
	struct rtask *c;
	size_t n = 0, i;

	for (i = 0; i < p->nr; i++)
		if (p->tasks[i].leader == &p->tasks[i] && !p->tasks[i].parent)
			list[n++] = &p->tasks[i];
	for (i = 0; i < n; i++)
		for (c = list[i]->first_child; c; c = c->next_sibling)
			list[n++] = c;
	return n;
}

/* Has @rt children, or those children that lead sessions, that must be born in @sid? */
static bool wanted(const struct rtask *rt, unsigned int sid)
{
	const struct rtask *c;

	for (c = rt->first_child; c; c = c->next_sibling)
		if (birth_setsid(c->birth) ? wanted(c, sid) : c->birth->sid == sid)
			return true;
	return false;
}

static const struct host *find_host(const struct plan *p, unsigned int sid)
{
	size_t i;

	for (i = 0; i < p->nr_hosts; i++)
		if (p->hosts[i].sid == sid)
			return &p->hosts[i];
	return NULL;
}

/* Dead sessions begin where the highest of their members are children. */
static void place_hosts(struct plan *p, struct rtask **bfs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct birth *b = bfs[i]->birth;

		if (birth_setsid(b) || b->sid == SPAWN_OUTSIDE || plan_task(p, b->sid) ||
		    find_host(p, b->sid))
			continue;
		p->hosts[p->nr_hosts++] = (struct host){ .sid = b->sid, .at = bfs[i]->parent };
	}
}

static bool is_below(const struct rtask *rt, const struct rtask *top)
{
	while (rt && rt != top)
		rt = rt->parent;
	return rt;
}

/* A living session, begun elsewhere, that it can only have left after it had children there; or 0 */
static unsigned int foreign(const struct plan *p, const struct rtask *rt)
{
	const struct rtask *c, *leader;
	unsigned int sid;

	for (c = rt->first_child; c; c = c->next_sibling) {
		sid = birth_setsid(c->birth) ? foreign(p, c) : c->birth->sid;
		leader = sid && sid != rt->birth->sid ? plan_task(p, sid) : NULL;
		if (leader && !is_below(leader, rt))
			return sid;
	}
	return 0;
}

/*
 * The session each must be born in: its own; or, if it leads one, one that its maker can offer and
 * that children of its are still in, since it had them before its setsid().
 */
static void birth_session(const struct plan *p, struct rtask *rt)
{
	const struct birth *up = rt->parent ? rt->parent->birth : NULL;
	unsigned int sids[2] = { up ? up->sid : SPAWN_OUTSIDE, up ? up->born_sid : 0 };
	struct birth *b = rt->birth;
	size_t k;

	b->born_sid = birth_setsid(b) ? 0 : b->sid;
	if (!rt->first_child)
		return;
	for (k = 0; k < 2 && !b->born_sid; k++)
		if (sids[k] && sids[k] != b->sid && wanted(rt, sids[k]))
			b->born_sid = sids[k];
	for (k = 0; k < p->nr_hosts && !b->born_sid; k++)
		if (p->hosts[k].at == rt->parent && wanted(rt, p->hosts[k].sid))
			b->born_sid = p->hosts[k].sid;
	if (!b->born_sid)
		b->born_sid = foreign(p, rt);
}

static struct rtask *member(const struct rtask *rt, int table)
{
	return table == 0 ? rt->files : table == 1 ? rt->fs : rt->sighand;
}

static const uint64_t table_flags[] = { CLONE_FILES, CLONE_FS, CLONE_SIGHAND };

/* What @rt shares with @maker. */
static uint64_t shared(const struct rtask *rt, const struct rtask *maker)
{
	uint64_t flags = rt->mm && rt->mm == maker->mm ? CLONE_VM : 0;
	int i;

	for (i = 0; i < 3; i++)
		if (member(rt, i) && member(rt, i) == member(maker, i))
			flags |= table_flags[i];
	return flags;
}

static bool placed(const struct rtask *rt)
{
	return rt->birth->maker || rt->birth->done;
}

/* A table's owner is the first of those that have it: if that exists, it must be the maker's too. */
static bool has_all(const struct rtask *rt, const struct rtask *maker)
{
	const struct rtask *owner;
	int i;

	for (i = 0; i < 3; i++) {
		owner = member(rt, i);
		if (owner && owner != rt && placed(owner) && (!maker || member(maker, i) != owner))
			return false;
	}
	return true;
}

/* Who can make @rt with what it shares: its parent, a thread of that, or a brother. */
static bool find_maker(struct plan *p, struct rtask *rt, struct rtask **maker)
{
	struct rtask *dflt = rt->leader != rt ? rt->leader : rt->made_by ? rt->made_by : rt->parent, *t;
	int i;

	*maker = dflt;
	if (has_all(rt, dflt))
		return true;
	for (i = 0; i < 3; i++) {
		t = member(rt, i);
		if (!t || t == rt || !has_all(rt, t))
			continue;
		if ((dflt && t->leader == dflt->leader) || (rt->leader == rt && t->leader == t && t->parent == rt->parent)) {
			*maker = t;
			return true;
		}
	}
	refuse(p, rt, "shares descriptors, working directory or signal actions with tasks that cannot make it");
	return false;
}

/* A helper in a living session, child of its leader. */
static struct rtask *session_helper(struct plan *p, struct rtask *leader)
{
	struct rtask *h;

	for (h = leader->birth->first; h; h = h->birth->next)
		if (h->helper && h->birth->sid == leader->birth->sid)
			return h;
	return plan_helper(p, leader, (struct crfs_str){ "", 0 }, leader->birth->sid);
}

/* The helper that begins a session whose leader is dead, a child of who adopts its orphans. */
static struct rtask *dead_leader(struct plan *p, struct rtask *rt, unsigned int sid)
{
	struct rtask *h = rt->parent ? rt->parent->birth->first : p->first;
	const struct host *host = find_host(p, sid);

	if (!host || host->at != rt->parent) {
		refuse(p, rt, "is in a session whose leader is dead, and has another parent than its members");
		return NULL;
	}
	if (!plan_visible(rt->birth->st->nssid)) {
		refuse(p, rt, "is in a session of another pid namespace");
		return NULL;
	}
	for (; h; h = h->birth->next)
		if (h->helper && h->birth->pids[0] == (pid_t)sid)
			return h;
	return plan_helper(p, rt->parent, rt->birth->st->nssid, sid);
}

static void adopt(struct plan *p, struct rtask *rt)
{
	unsigned int sid = rt->birth->born_sid;
	struct rtask *leader = plan_task(p, sid), *h;

	if (sid == SPAWN_OUTSIDE || (leader && !birth_setsid(leader->birth))) {
		refuse(p, rt, "is in a session that its parent was never in");
		return;
	}
	if ((rt->parent ? rt->parent->birth->level : p->level) != rt->birth->level) {
		refuse(p, rt, "is in a session of another pid namespace");
		return;
	}
	h = leader ? session_helper(p, leader) : dead_leader(p, rt, sid);
	if (rt->parent)
		rt->parent->birth->reaper = true;
	if (h)
		plan_add(p, h, rt);
}

/*
 * A brother makes it with CLONE_PARENT, and it gets the brother's exit signal (kernel/fork.c,
 * copy_process()).
 */
static void by_brother(struct plan *p, struct rtask *rt, const struct rtask *maker)
{
	rt->birth->flags |= CLONE_PARENT;
	if (rt->birth->st->exit_signal != maker->birth->st->exit_signal)
		refuse(p, rt, "shares tables with a task that has another exit signal");
}

static void place(struct plan *p, struct rtask *rt)
{
	struct rtask *maker;
	struct birth *b = rt->birth, *m;

	b->done = true;		/* means "placed" as long as the plan is made */
	if (!find_maker(p, rt, &maker))
		return;
	if (!maker) {
		if (b->born_sid && b->born_sid != SPAWN_OUTSIDE)
			adopt(p, rt);
		else
			plan_add(p, NULL, rt);
		return;
	}
	m = maker->leader->birth;
	/* Threads are made after its setsid(): what came before is the first one's. */
	if (maker == rt->made_by && b->born_sid && b->born_sid != m->sid && has_all(rt, rt->parent))
		maker = rt->parent;
	b->before = b->born_sid && b->born_sid != m->sid;
	if (b->before && (!birth_setsid(m) || b->born_sid != m->born_sid || maker != maker->leader)) {
		b->before = false;
		adopt(p, rt);
		return;
	}
	b->flags = shared(rt, maker);
	if (b->flags & CLONE_SIGHAND && !(b->flags & CLONE_VM))
		refuse(p, rt, "shares signal actions with a task that has other memory");
	if (maker->leader != rt->parent)
		by_brother(p, rt, maker);
	plan_add(p, maker, rt);
}

static void place_thread(struct plan *p, struct rtask *rt)
{
	struct rtask *maker;

	rt->birth->done = true;
	if (!find_maker(p, rt, &maker))
		return;
	rt->birth->flags = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_SYSVSEM | shared(rt, maker);
	plan_add(p, maker, rt);
}

void plan_sessions(struct plan *p, struct rtask **bfs, size_t n)
{
	struct rtask *t;
	size_t i;

	place_hosts(p, bfs, n);
	for (i = 0; i < n; i++)
		birth_session(p, bfs[i]);
	for (i = 0; i < n; i++) {
		place(p, bfs[i]);
		for (t = bfs[i]->next_thread; t; t = t->next_thread)
			if (!t->zombie)
				place_thread(p, t);
	}
	for (i = 0; i < p->nr; i++)
		p->tasks[i].birth->done = false;
}

/* Orphans go to the nearest subreaper above: it must be the parent they had. */
static void check_adoptions(struct plan *p)
{
	struct rtask *rt, *up;
	size_t i;

	for (i = 0; i < p->nr_order; i++) {
		rt = p->order[i];
		if (rt->helper || !rt->birth->maker || !rt->birth->maker->helper)
			continue;
		for (up = rt->birth->maker->parent; up; up = up->parent)
			if (up->birth->reaper || birth_self(up->birth) == 1)
				break;
		if (up != rt->parent)
			refuse(p, rt, "was orphaned, and would be adopted by another process than before");
	}
}

/* Levels of pid namespaces: as the maker's, or one more and its first. */
static void check_levels(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->nr_order; i++) {
		struct rtask *rt = p->order[i], *m = rt->birth->maker;
		unsigned int level = m ? m->birth->level : p->level;

		if (rt->helper)
			continue;
		if (!m && !p->level && birth_self(rt->birth) == 1 && !p->init)
			p->init = rt;
		if (rt->birth->level == level + 1 && birth_self(rt->birth) == 1)
			rt->birth->flags |= CLONE_NEWPID;
		else if (rt->birth->level != level && (m || p->level || rt->birth->level != 1))
			refuse(p, rt, "entered a pid namespace whose first process did not make it");
	}
	if (!p->level && !p->init)
		image_mismatch(p->im, -EINVAL, "tasks",
			       "no first process of their pid namespace: copy the checkpoint again");
}

/* Who builds an address space, and who plays what is left to do for it; @seen is by mm. */
static void assign_mms(struct plan *p, unsigned char *seen)
{
	enum { BUILT = 1, LATE = 2, SHARED = 4 };
	struct rtask *rt;
	size_t i;

	for (i = 0; i < p->nr_order; i++) {
		unsigned char *had;

		rt = p->order[i];
		had = rt->mm ? &seen[rt->mm - p->im->objs[IOBJ_MM]] : NULL;
		if (!had)
			continue;
		rt->mm_owner = !(rt->birth->flags & CLONE_VM);
		if (rt->mm_owner && *had & BUILT)
			refuse(p, rt, "shares memory with tasks that cannot make it");
		rt->birth->mm_late = !rt->zombie && !(*had & LATE);
		*had |= BUILT | (rt->zombie ? 0 : *had & LATE ? SHARED : LATE);
	}
	for (i = 0; i < p->nr_order; i++) {
		rt = p->order[i];
		rt->birth->mm_shared = rt->birth->mm_late && seen[rt->mm - p->im->objs[IOBJ_MM]] & SHARED;
	}
}

/* What is made before setsid() stands first, as on the tape. */
static void sort_births(struct rtask *rt)
{
	struct rtask *c, *next, *head[2] = { NULL, NULL }, **end[2] = { &head[0], &head[1] };

	for (c = rt->birth->first; c; c = next) {
		int k = c->birth->before ? 0 : 1;

		next = c->birth->next;
		c->birth->next = NULL;
		*end[k] = c;
		end[k] = &c->birth->next;
	}
	*end[0] = head[1];
	rt->birth->first = rt->birth->made = head[0];
}

int plan_make(struct image *im, struct plan *p)
{
	unsigned int before = im->why->count;
	unsigned char *mms = pool_alloc(&im->pool, im->nr[IOBJ_MM]);
	struct rtask **bfs;
	size_t n, i, leaders = 0;

	*p = (struct plan){ .im = im };
	if (!mms || plan_tasks(p))
		return -ENOMEM;
	bfs = p->order;		/* not needed for itself yet */
	for (i = 0; i < p->nr; i++)
		leaders += p->tasks[i].leader == &p->tasks[i];
	n = breadth_first(p, bfs);
	if (n != leaders) {
		image_mismatch(im, -EINVAL, "tasks", "%zu are their own ancestors: copy the checkpoint again",
			       leaders - n);
		return -EINVAL;
	}
	plan_sessions(p, bfs, n);
	if (im->why->count != before)
		return im->why->first;
	plan_order(p);
	plan_groups(p);
	for (i = 0; i < p->nr_order; i++)
		sort_births(p->order[i]);
	n = plan_order(p);
	check_adoptions(p);
	check_levels(p);
	assign_mms(p, mms);
	for (i = 0, leaders = 0; i < p->nr; i++)
		leaders += p->tasks[i].leader == &p->tasks[i] || !p->tasks[i].zombie;
	if (n != leaders + p->helpers)
		image_mismatch(im, -EOPNOTSUPP, "tasks",
			       "%zu have sessions that none can begin: copy the checkpoint again",
			       leaders + p->helpers - n);
	return im->why->count == before ? 0 : im->why->first;
}
