// SPDX-License-Identifier: GPL-2.0-or-later
/* Taking a snapshot: list, stop, ask, let go, read; room by room into the tree. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/format.h>

#include "read.h"
#include "resource.h"
#include "rooms.h"
#include "res/ns/ipc.h"
#include "res/ns/net_tun.h"
#include "res/ns/visit.h"
#include "scout.h"
#include "stop.h"
#include "tasks.h"
#include "view.h"

struct note {
	const void *key;
	void *p;
	struct note *next;
};

void snap_note(struct snap *s, struct task *t, const void *key, void *p)
{
	struct note *n = pool_alloc(&s->scratch, sizeof(*n));

	if (!n)
		return;
	n->key = key;
	n->p = p;
	n->next = t->notes;
	t->notes = n;
}

void *snap_noted(const struct task *t, const void *key)
{
	const struct note *n;

	for (n = t->notes; n; n = n->next)
		if (n->key == key)
			return n->p;
	return NULL;
}

void snap_unsupported(struct snap *s, int code, const char *object, const char *fmt, ...)
{
	char text[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	errlist_add(&s->unsupported, code, object, "%s", text);
}

void snap_lost(struct snap *s, const char *object, const char *fmt, ...)
{
	char text[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	errlist_add(&s->lost, -ENODATA, object, "lost: %s", text);
}

const char *snap_obj(struct snap *s, const char *dir, unsigned int id)
{
	const char *p = pool_printf(&s->pool, "%s/%u", dir, id);

	return p ? p : dir;
}

static struct node *numbered(struct snap *s, struct node *dir, unsigned int id)
{
	char name[16];

	snprintf(name, sizeof(name), "%u", id);
	return tree_dir(s->tree, dir, name);
}

int snap_emit(struct snap *s, const struct resource *r, void *obj, struct node *dir)
{
	struct text out = { 0 };
	struct node *n;
	size_t len;
	char *text;
	int rc = r->read(s, obj, &out);

	if (rc) {
		text_free(&out);
		return fail_on(s->err, rc, r->name, "reading it");
	}
	text = text_take(&out, &len);
	if (!text)
		return fail(s->err, -ENOMEM, "%s", r->name);
	if (!len && (r->optional || !r->shapes)) {
		free(text);
		return 0;
	}
	n = tree_text(s->tree, dir, r->name, text, len);
	return n ? 0 : fail(s->err, -ENOMEM, "%s", r->name);
}

static bool of_task(const struct resource *r, const struct task *t)
{
	if (t->zombie)
		return r->zombies && r->scope == PER_THREAD;
	/* What was not asked is not shown: a live view, or a task that could not be stopped. */
	if (r->ask && !t->tape && !r->zombies)
		return false;
	return r->scope == PER_THREAD || (r->scope == PER_PROCESS && t->leader == t) ||
	       (r->scope == PER_SIGHAND && t->sighand == t) ||
	       (r->scope == PER_FDTABLE && t->files == t) || (r->scope == PER_FS && t->fs == t);
}

static int read_tasks(struct snap *s, struct node *dir)
{
	const struct resource *const *r;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_tasks && !rc; i++) {
		struct task *t = &s->tasks[i];

		t->dir = numbered(s, dir, t->vtid);
		if (!t->dir)
			return fail(s->err, -ENOMEM, "tasks/%d", t->vtid);
		for (r = resources; *r && !rc; r++) {
			if (!of_task(*r, t))
				continue;
			rc = snap_emit(s, *r, t, t->dir);
			if (rc)
				fail_on(s->err, rc, snap_obj(s, "tasks", t->vtid), "%s", (*r)->name);
		}
	}
	return rc;
}

static int read_mms(struct snap *s, struct node *dir)
{
	const struct resource *const *r;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_mms && !rc; i++) {
		struct mm *mm = s->mms[i];

		mm->dir = numbered(s, dir, mm->id);
		if (!mm->dir)
			return fail(s->err, -ENOMEM, "mms/%u", mm->id);
		for (r = resources; *r && !rc; r++)
			if ((*r)->scope == PER_MM && (!(*r)->ask || mm->task->tape))
				rc = snap_emit(s, *r, mm, mm->dir);
	}
	return rc;
}

static int read_root(struct snap *s, struct node *root)
{
	const struct resource *const *r;
	int rc = 0;

	for (r = resources; *r && !rc; r++)
		if ((*r)->scope == PER_ROOT)
			rc = snap_emit(s, *r, s, root);
	return rc;
}

/*
 * Obstacles are known only when everything is read, but their file stands first: where whoever
 * lists the tree sees it.
 */
static int fill_unsupported(struct snap *s, struct node *n)
{
	size_t a = s->unsupported.len, b = s->lost.len;

	n->text = malloc(a + b + 1);
	if (!n->text)
		return fail(s->err, -ENOMEM, "unsupported");
	memcpy(n->text, s->unsupported.text, a);
	memcpy(n->text + a, s->lost.text, b);
	n->size = a + b;
	return 0;
}

/* What sockets are asked goes to the network that one is in. */
static int read_files(struct snap *s)
{
	struct task *t = &s->tasks[0];
	struct visit v;
	int rc;

	while (t->zombie && t < &s->tasks[s->nr_tasks - 1])
		t++;
	if (!ns_id(s, t, "net"))
		return files_emit(s);
	rc = visit_begin(s, t, "net", CLONE_NEWNET, &v);
	if (rc)
		return fail(s->err, rc, "setns into the network namespace of tasks/%d", t->vtid);
	rc = files_emit(s);
	return visit_end(&v) ?: rc;
}

static int read_tree(struct snap *s)
{
	struct node *root = tree_root(s->tree), *obstacles, *tasks, *mms;
	int rc = read_root(s, root);

	if (rc)
		return rc;
	obstacles = tree_text(s->tree, root, CRFS_UNSUPPORTED, NULL, 0);
	tasks = tree_dir(s->tree, root, CRFS_TASKS);
	mms = tree_dir(s->tree, root, CRFS_MMS);
	if (!obstacles || !tasks || !mms || !tree_dir(s->tree, root, CRFS_FILES) ||
	    !tree_dir(s->tree, root, CRFS_INODES) || !tree_dir(s->tree, root, CRFS_NS))
		return fail(s->err, -ENOMEM, "the tree");
	rc = ns_emit(s);
	if (!rc)
		rc = read_tasks(s, tasks);
	if (!rc)
		rc = read_mms(s, mms);
	if (!rc)
		rc = ipc_list(s);
	if (!rc)
		rc = read_files(s);
	if (!rc)
		net_tun_check(s);
	if (!rc && !s->live)
		rc = snap_plan(s);
	return rc ? rc : fill_unsupported(s, obstacles);
}

static int still_frozen(struct snap *s)
{
	enum cgroup_state state;
	int rc = cgroup_state(s->cg, &state, s->err);

	if (!rc && state != CGROUP_FROZEN)
		rc = fail(s->err, -ESTALE, "the cgroup was thawed while it was read");
	return rc;
}

static int settle(struct snap *s)
{
	const struct resource *const *r;
	int rc = 0;

	for (r = resources; *r && !rc; r++)
		if ((*r)->settle)
			rc = (*r)->settle(s);
	return rc;
}

int snap_take(struct snap *s)
{
	int rc = tasks_list(s);

	if (!rc && !s->live)
		rc = outside_list(s);
	if (!rc)
		rc = tasks_share(s);
	if (!rc && !s->live) {
		rc = stop_all(s);
		if (!rc)
			rc = stop_ask(s);
		stop_release(s);
		if (!rc)
			rc = settle(s);
	}
	if (!rc)
		rc = read_tree(s);
	snap_kmem_close(s);
	scouts_end(s);
	if (!rc && !s->live)
		rc = still_frozen(s);
	return rc;
}
