// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The trigger: when everything a staged manifest names is there, the container is restored.
 *
 * Every line of the manifest points to its file once that is there and closed, and the lines
 * without one are counted, so that a completing call costs a look-up by path and not a walk.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen.h"

static void unlink_entry(struct mount *m, struct node *n)
{
	struct front *f = n->front;

	if (!f->entry)
		return;
	f->entry->node = NULL;
	f->entry = NULL;
	m->man->missing++;
}

static void link_entry(struct mount *m, struct entry *en, struct node *n)
{
	struct front *f = n->front;

	if (!en || en->node || !f->complete || n->kind == NODE_DIR)
		return;
	en->node = n;
	f->entry = en;
	m->man->missing--;
}

void trigger_reset(struct mount *m)
{
	size_t i;

	for (i = 0; m->man && i < m->man->n; i++)
		if (m->man->v[i].node)
			((struct front *)m->man->v[i].node->front)->entry = NULL;
	manifest_free(m->man);
	m->man = NULL;
}

/* An empty manifest is one that is about to be written. */
static void adopt(struct mount *m, struct node *file, struct err *e)
{
	struct manifest *man;
	char path[PATH_MAX];
	size_t i;

	if (!file->size || manifest_parse(file, &man, e) < 0)
		return;
	trigger_reset(m);
	m->man = man;
	m->fresh = true;
	for (i = 0; i < man->n; i++) {
		struct crfs_str *p = &man->v[i].line.path;
		struct node *n;

		snprintf(path, sizeof(path), "%.*s", (int)p->len, p->p);
		n = tree_path_find(m->cur->tree, man->top, path);
		if (n && n->front)
			link_entry(m, &man->v[i], n);
	}
}

/* Is @n below @top, and under what name? */
static bool path_below(struct node *n, struct node *top, char *buf, size_t size, const char **path)
{
	struct node *up = n->parent;

	while (up && up != top)
		up = up->parent;
	*path = tree_path(n, top, buf, size);
	return up;
}

void trigger_done(struct mount *m, struct node *n, struct err *e)
{
	char buf[PATH_MAX];
	const char *path;

	m->changed = true;
	if (n->kind != NODE_DIR && !strcmp(n->name, "manifest"))
		adopt(m, n, e);
	else if (m->man && path_below(n, m->man->top, buf, sizeof(buf), &path))
		link_entry(m, manifest_find(m->man, path), n);
}

void trigger_undone(struct mount *m, struct node *n)
{
	m->changed = true;
	if (!m->man)
		return;
	if (n == m->man->file)
		trigger_reset(m);
	else
		unlink_entry(m, n);
}

/* A directory has moved: whatever is below it has other names now. */
void trigger_moved(struct mount *m, struct err *e)
{
	struct node *n, *file = m->man ? m->man->file : NULL;

	m->changed = true;
	trigger_reset(m);
	for (n = tree_root(m->cur->tree); n && !file; n = tree_next(n, NULL))
		if (n->kind != NODE_DIR && !strcmp(n->name, "manifest") &&
		    ((struct front *)n->front)->complete)
			file = n;
	if (file)
		adopt(m, file, e);
}

/* Runs without the lock: m->busy keeps the tree as it is. */
void trigger_verify(struct mount *m, struct errlist *why, unsigned int *unwritten)
{
	work_wait(&m->work);
	manifest_verify(m->man, why, unwritten);
}

static int restore(struct mount *m, struct errlist *why, unsigned int *unwritten)
{
	int hold, r;

	trigger_verify(m, why, unwritten);
	if (why->first)
		return why->first;
	hold = cgroup_hold(&m->cg, true);
	r = restore_run(m->cur->tree, m->man->top, &m->cg, &m->opts, why);
	if (hold >= 0)
		close(hold);
	if (r < 0 && !why->first)
		errlist_add(why, r, "tasks", "restore the container: try again");
	return r;
}

static bool has_directory(const struct mount *m, const struct crfs_str *file)
{
	char path[PATH_MAX], *slash;

	snprintf(path, sizeof(path), "%.*s", (int)file->len, file->p);
	slash = strrchr(path, '/');
	if (!slash)
		return true;
	*slash = '\0';
	return tree_path_find(m->cur->tree, m->man->top, path);
}

/*
 * A manifest that comes last tells that files are missing, one that comes first only that they are
 * yet to come. It came last if most files are there and were made in its order, before it: tar and
 * cp do it so, rsync brings the files of the top directory first. But cp takes names as their inodes come, so
 * a directory that is missing altogether may follow.
 */
static bool came_last(const struct mount *m)
{
	const struct manifest *man = m->man;
	uint64_t seq, last = 0;
	size_t i;

	for (i = 0; i < man->n; i++) {
		if (!man->v[i].node && !has_directory(m, &man->v[i].line.path))
			return false;
		if (!man->v[i].node)
			continue;
		seq = ((struct front *)man->v[i].node->front)->seq;
		if (seq < last)
			return false;
		last = seq;
	}
	return 2 * man->missing < man->n && last < ((struct front *)man->file->front)->seq;
}

/* Says what is missing; the tree is not complete, and somebody believes it is. */
static int incomplete(struct mount *m)
{
	struct errlist why = { .text = NULL };
	unsigned int unwritten;

	mount_busy(m, true);
	trigger_verify(m, &why, &unwritten);
	mount_busy(m, false);
	errlist_clear(&m->why);
	m->why = why;
	m->failed = true;
	return why.first;
}

int trigger_finished(struct mount *m, struct node *dir, pid_t pid)
{
	if (!m->cur || m->cur->kind != GEN_STAGING || m->busy || !m->man || dir != m->man->top ||
	    !m->changed || 2 * m->man->missing >= m->man->n || mount_others(m, pid))
		return 0;
	m->changed = false;
	return m->man->missing ? incomplete(m) : 0;
}

int trigger_run(struct mount *m)
{
	struct errlist why = { .text = NULL };
	unsigned int unwritten = 0;
	bool fresh;
	int r;

	if (!m->cur || m->cur->kind != GEN_STAGING || m->cur->over || !m->man || !m->changed ||
	    m->busy)
		return 0;
	fresh = m->fresh;
	m->fresh = false;
	if (m->man->missing)
		return fresh && came_last(m) ? incomplete(m) : 0;
	m->changed = false;
	m->restoring = true;
	mount_busy(m, true);
	r = restore(m, &why, &unwritten);
	mount_busy(m, false);
	m->restoring = false;
	m->recheck = r < 0 && unwritten && unwritten == why.count;
	if (m->recheck) {
		errlist_clear(&why);
		r = 0;
	} else {
		errlist_clear(&m->why);
		m->why = why;
		m->failed = r < 0;
		if (!r)
			mount_restored(m);
	}
	return r;
}
