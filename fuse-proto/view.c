// SPDX-License-Identifier: GPL-2.0-or-later
/* A view: one generation of a mount, from its taking to its end. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "read.h"
#include "res/ns/held.h"
#include "snap_files.h"
#include "view.h"

#define TRIES 8

static void *take(void *arg)
{
	struct view *v = arg;

	return (void *)(long)snap_take(&v->snap);
}

/* ptrace(2) binds tracees to a thread: the one that stops them ends with the snapshot. */
static int in_a_thread(struct view *v)
{
	pthread_t thread;
	void *rc;
	int err;

	err = pthread_create(&thread, NULL, take, v);
	if (err)
		return fail(&v->err, -err, "a thread to read with");
	pthread_join(thread, &rc);
	return (long)rc;
}

static void free_tasks(struct snap *s)
{
	size_t i;

	for (i = 0; i < s->nr_tasks; i++) {
		free(s->tasks[i].status);
		free(s->tasks[i].stat);
		s->tasks[i].status = s->tasks[i].stat = NULL;
		if (s->tasks[i].tape)
			tape_free(s->tasks[i].tape);
		s->tasks[i].tape = NULL;
		s->tasks[i].notes = NULL;
	}
}

static int take_once(struct cgroup *cg, const struct options *opts, struct held **held, struct view **out,
		     struct err *e)
{
	struct view *v = calloc(1, sizeof(*v));
	enum cgroup_state state;
	int rc;

	if (!v)
		return fail(e, -ENOMEM, "a view");
	v->opts = *opts;
	v->snap.cg = cg;
	v->snap.opts = &v->opts;
	v->snap.err = &v->err;
	v->snap.view = v;
	v->snap.held = held;
	v->snap.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	v->snap.tree = tree_new();
	if (v->snap.proc < 0 || !v->snap.tree)
		rc = fail(&v->err, v->snap.proc < 0 ? -errno : -ENOMEM, "opening /proc");
	else
		rc = cgroup_state(cg, &state, &v->err);
	if (!rc && state == CGROUP_EMPTY)
		rc = fail(&v->err, -ESRCH, "the cgroup has no task");
	if (!rc) {
		v->snap.live = state != CGROUP_FROZEN;
		rc = in_a_thread(v);
	}
	files_free(&v->snap);
	free_tasks(&v->snap);
	pool_free(&v->snap.scratch);
	if (rc) {
		if (v->err.code)
			*e = v->err;
		fail(e, rc, "reading the container");
		view_free(v);
		return rc;
	}
	*out = v;
	return 0;
}

/* Each time a namespace was met that must be known from the beginning; sockets in it may show others. */
int view_take(struct cgroup *cg, const struct options *opts, struct view **out, struct err *e)
{
	struct held *held = NULL;
	struct view *v = NULL;
	int rc = 0, tries;

	for (tries = 0; tries < TRIES; tries++) {
		rc = take_once(cg, opts, &held, &v, e);
		if (rc || !v->snap.again)
			break;
		view_free(v);
	}
	held_free(held);
	if (tries == TRIES)
		return fail(e, -EAGAIN, "reading the container: it has other namespaces each time");
	if (!rc)
		*out = v;
	return rc;
}

struct tree *view_tree(struct view *v)
{
	return v->snap.tree;
}

static int first_line(const struct errlist *l, struct err *e)
{
	return fail(e, -EOPNOTSUPP, "%.*s", (int)strcspn(l->text, "\n"), l->text);
}

int view_manifest(struct view *v, struct err *e)
{
	if (v->snap.live)
		return fail(e, -EOPNOTSUPP, "the container runs: freeze it first");
	if (v->snap.unsupported.count)
		return first_line(&v->snap.unsupported, e);
	if (v->snap.lost.count && !v->opts.lossy)
		return first_line(&v->snap.lost, e);
	return 0;
}

void view_expire(struct view *v)
{
	atomic_store(&v->expired, true);
}

void view_free(struct view *v)
{
	size_t i;

	if (!v)
		return;
	tree_free(v->snap.tree);
	for (i = 0; i < v->snap.nr_inodes; i++)
		if (v->snap.inodes[i]->dup >= 0)
			close(v->snap.inodes[i]->dup);
	free(v->snap.tasks);
	errlist_clear(&v->snap.unsupported);
	errlist_clear(&v->snap.lost);
	pool_free(&v->snap.scratch);
	pool_free(&v->snap.pool);
	if (v->snap.proc >= 0)
		close(v->snap.proc);
	free(v);
}
