// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plan's process groups: leaders make themselves leaders at birth, the others join when all are
 * there. A group whose leader is dead gets a helper with that pid, made by one of the members.
 */
#include <errno.h>

#include "spawn.h"

static void refuse(struct plan *p, const struct rtask *rt, const char *why)
{
	image_mismatch(p->im, -EOPNOTSUPP, rt->o->path, "%s: end one of the tasks before the checkpoint",
		       why);
}

/* The group that @rt is in once it has made itself what it is, before anyone joins another. */
static unsigned int first_group(const struct rtask *rt)
{
	const struct birth *b = rt->birth;

	return birth_setsid(b) || b->leads ? (unsigned int)b->pids[0] : b->born_pgid;
}

static unsigned int inherited(const struct rtask *rt)
{
	const struct rtask *m = rt->birth->maker;

	if (!m)
		return SPAWN_OUTSIDE;
	m = m->leader;
	return rt->birth->before && !m->birth->leads ? m->birth->born_pgid : first_group(m);
}

static struct rtask *find_helper(const struct plan *p, unsigned int pid)
{
	size_t i;

	for (i = 0; i < p->nr_order && p->helpers; i++)
		if (p->order[i]->helper && p->order[i]->birth->pids[0] == (pid_t)pid)
			return p->order[i];
	return NULL;
}

/* Does somebody have to lead group @pgid, and can it? */
static void provide(struct plan *p, struct rtask *rt)
{
	unsigned int pgid = rt->birth->pgid;
	struct rtask *g = plan_task(p, pgid), *h;

	if (!g)
		g = find_helper(p, pgid);
	if (g && g->birth->sid != rt->birth->sid) {
		refuse(p, rt, "is in a process group of another session");
		return;
	}
	if (!plan_visible(rt->birth->st->nspgid)) {
		refuse(p, rt, "is in a process group of another pid namespace");
		return;
	}
	if (!g) {
		h = plan_helper(p, rt, rt->birth->st->nspgid, rt->birth->sid);
		if (!h)
			return;
		h->birth->leads = true;
		p->order[p->nr_order++] = h;
		return;
	}
	if (!birth_setsid(g->birth))
		g->birth->leads = true;
}

void plan_groups(struct plan *p)
{
	size_t i, n = p->nr_order;
	struct birth *b;

	for (i = 0; i < n; i++) {
		b = p->order[i]->birth;
		if (p->order[i]->helper || p->order[i]->leader != p->order[i])
			continue;
		if (b->pgid == (unsigned int)b->pids[0] && !birth_setsid(b))
			b->leads = true;
	}
	for (i = 0; i < n; i++) {
		b = p->order[i]->birth;
		b->born_pgid = inherited(p->order[i]);
		if (p->order[i]->helper || p->order[i]->leader != p->order[i] ||
		    first_group(p->order[i]) == b->pgid)
			continue;
		if (b->pgid == SPAWN_OUTSIDE || birth_setsid(b))
			refuse(p, p->order[i], "is in a process group outside the container");
		else
			provide(p, p->order[i]);
	}
	/* Once more, now that all leaders are known; makers stand before what they make. */
	for (i = 0; i < p->nr_order; i++) {
		b = p->order[i]->birth;
		b->born_pgid = inherited(p->order[i]);
		if (p->order[i]->helper || p->order[i]->leader != p->order[i])
			continue;
		b->regroup = first_group(p->order[i]) != b->pgid;
		b->late = b->regroup && b->leads;
	}
}
