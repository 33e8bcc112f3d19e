// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The cgroups of version 1 that a task is in beside that of the container, from /proc/<tid>/cgroup: their limits and the
 * devices that they allow are not the container's after a restore, where whoever restores has others. So each is named, once
 * for all who are in it. Not those without a controller (name=systemd), which limit nobody.
 */
#include <stdlib.h>
#include <string.h>

#include "hierarchies.h"
#include "proc.h"

#define CONTROLLERS 32	/* there are 14 */

/** struct member - of a controller of version 1: which cgroup; neither ends with a NUL */
struct member {
	const char *controller, *path;
	size_t len, path_len;
};

/** struct members - by the names of controllers; @text: what they point into */
struct members {
	char *text;
	struct member v[CONTROLLERS];
	size_t nr;
};

/** struct seen - one that has been named; the last one stands at the first task */
struct seen {
	struct member m;
	const struct seen *next;
};

static const char own_key, seen_key;

static int order(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = memcmp(x->controller, y->controller, x->len < y->len ? x->len : y->len);

	return c ? c : (int)x->len - (int)y->len;
}

static bool same_path(const struct member *a, const struct member *b)
{
	return a->path_len == b->path_len && !memcmp(a->path, b->path, a->path_len);
}

/* A line "4:cpu,cpuacct:/docker/ab"; version 2 has no controllers there. */
static void take_line(struct members *all, const char *line, bool no_freezer)
{
	const char *c = strchr(line, ':'), *path = c ? strchr(c + 1, ':') : NULL;
	size_t n;

	if (!path || !strncmp(++c, "name=", 5))
		return;
	for (; c < path && all->nr < CONTROLLERS; c += n + 1) {
		n = strcspn(c, ",:");
		if (n && !(no_freezer && n == 7 && !memcmp(c, "freezer", n)))
			all->v[all->nr++] = (struct member){ c, path + 1, n, strcspn(path + 1, "\n") };
	}
}

/* @text: freed by the caller */
static void take(struct snap *s, struct members *all, char *text)
{
	const char *line = text;

	*all = (struct members){ .text = text };
	while (line && *line) {
		take_line(all, line, s->cg->v1);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	qsort(all->v, all->nr, sizeof(all->v[0]), order);
}

/* Those of the mounter; without any there are no others. */
static const struct members *own(struct snap *s)
{
	struct members *m = snap_noted(&s->tasks[0], &own_key);
	char *text;

	if (m)
		return m;
	m = pool_alloc(&s->scratch, sizeof(*m));
	text = m ? proc_read(s->proc, NULL, "self/cgroup") : NULL;
	if (!m)
		return NULL;
	take(s, m, text ? pool_strndup(&s->scratch, text, strlen(text)) : NULL);
	free(text);
	snap_note(s, &s->tasks[0], &own_key, m);
	return m;
}

static bool named_before(struct snap *s, const struct member *m)
{
	const struct seen *first = snap_noted(&s->tasks[0], &seen_key), *n;
	struct seen *mine;

	for (n = first; n; n = n->next)
		if (!order(&n->m, m) && same_path(&n->m, m))
			return true;
	mine = pool_alloc(&s->scratch, sizeof(*mine));
	if (!mine)
		return false;
	*mine = (struct seen){ .m = *m, .next = first };
	mine->m.controller = pool_strndup(&s->scratch, m->controller, m->len) ?: "";
	mine->m.path = pool_strndup(&s->scratch, m->path, m->path_len) ?: "";
	snap_note(s, &s->tasks[0], &seen_key, mine);
	return false;
}

void hierarchies_name(struct snap *s, const struct task *t)
{
	const struct members *ours = s->live || t->zombie ? NULL : own(s);
	const struct member *o;
	struct members its;
	size_t i;

	if (!ours || !ours->nr)
		return;
	take(s, &its, proc_read(s->proc, NULL, "%d/cgroup", t->tid));
	for (i = 0; i < its.nr; i++) {
		o = bsearch(&its.v[i], ours->v, ours->nr, sizeof(*o), order);
		if (o && !same_path(o, &its.v[i]) && !named_before(s, &its.v[i]))
			snap_lost(s, snap_obj(s, "tasks", t->vtid), "that it is in %.*s of %.*s (cgroups of version 1): it "
				  "will be where whoever restores is", (int)its.v[i].path_len, its.v[i].path,
				  (int)its.v[i].len, its.v[i].controller);
	}
	free(its.text);
}
