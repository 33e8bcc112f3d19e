// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ELF cores of the tasks of a generation that is a view of a frozen container.
 *
 * The tree is parsed when the first of them is asked for. Of a process the size of its core is kept;
 * headers and notes are made when it is opened, and go with the handle: those of a process with
 * thousands of threads are large, and each thread has a core.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/task/status.h>

#include "gen_cores.h"

/**
 * struct cores - what a generation keeps of them
 * @im: the tree, parsed; what is wrong in it is not said here: @why
 * @sizes: of the cores of a process's tasks
 * @asked: tids that somebody knows now
 */
struct cores {
	struct image im;
	struct errlist why;
	struct options opts;
	struct coresize {
		unsigned int tgid;
		off_t size;
	} *sizes;
	size_t nr_sizes;
	unsigned int *asked;
	size_t nr_asked;
};

/* With core_lock held */
static int parse(struct gen *g, struct err *e)
{
	struct cores *s;

	if (g->cores)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return fail_on(e, -ENOMEM, ".crfs/core", "memory for it");
	s->opts.lossy = true;
	image_read(g->tree, tree_root(g->tree), &s->opts, &s->why, false, &s->im);
	g->cores = s;
	return 0;
}

static void note(struct mount *m, const struct err *e)
{
	pthread_mutex_lock(&m->lock);
	errlist_clear(&m->why);
	errlist_take(&m->why, e);
	pthread_mutex_unlock(&m->lock);
}

static const struct crfs_task_status *status_of(const struct gen *g, unsigned int tid)
{
	const struct iobj *o = image_obj(&g->cores->im, IOBJ_TASK, tid);
	const struct crfs_task_status *st = o ? image_status(o) : NULL;

	return st && st->state != CRFS_TASK_ZOMBIE && st->mm ? st : NULL;
}

static void keep_size(struct cores *s, unsigned int tgid, off_t size)
{
	struct coresize *more = realloc(s->sizes, (s->nr_sizes + 1) * sizeof(*more));

	if (!more)
		return;		/* it is made again the next time */
	s->sizes = more;
	s->sizes[s->nr_sizes++] = (struct coresize){ tgid, size };
}

static int keep_asked(struct cores *s, unsigned int tid)
{
	unsigned int *more;
	size_t i;

	for (i = 0; i < s->nr_asked; i++)
		if (s->asked[i] == tid)
			return 0;
	more = realloc(s->asked, (s->nr_asked + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->asked = more;
	s->asked[s->nr_asked++] = tid;
	return 0;
}

static int size_of(struct gen *g, unsigned int tid, off_t *size, struct err *e)
{
	const struct crfs_task_status *st = status_of(g, tid);
	struct cores *s = g->cores;
	struct elfcore *c;
	size_t i;
	int r;

	if (!st)
		return -ENOENT;
	for (i = 0; i < s->nr_sizes && s->sizes[i].tgid != st->tgid; i++)
		;
	if (i < s->nr_sizes) {
		*size = s->sizes[i].size;
		return keep_asked(s, tid);
	}
	r = elfcore_new(&s->im, tid, &c, e);
	if (r < 0)
		return r;
	*size = elfcore_size(c);
	elfcore_free(c);
	keep_size(s, st->tgid, *size);
	return keep_asked(s, tid);
}

int cores_size(struct mount *m, struct gen *g, unsigned int tid, off_t *size)
{
	struct err e = { .code = 0 };
	int r;

	pthread_mutex_lock(&g->core_lock);
	r = parse(g, &e);
	if (!r)
		r = size_of(g, tid, size, &e);
	pthread_mutex_unlock(&g->core_lock);
	if (e.code)
		note(m, &e);
	return r;
}

int cores_open(struct mount *m, struct gen *g, unsigned int tid, struct elfcore **c)
{
	struct err e = { .code = 0 };
	int r;

	pthread_mutex_lock(&g->core_lock);
	r = parse(g, &e);
	if (!r)
		r = status_of(g, tid) ? elfcore_new(&g->cores->im, tid, c, &e) : -ENOENT;
	pthread_mutex_unlock(&g->core_lock);
	if (e.code)
		note(m, &e);
	return r;
}

unsigned int cores_next(struct mount *m, struct gen *g, unsigned int after)
{
	struct err e = { .code = 0 };
	const struct image *im;
	unsigned int tid = 0;
	size_t lo = 0, hi, mid;

	pthread_mutex_lock(&g->core_lock);
	if (!parse(g, &e)) {
		im = &g->cores->im;
		for (hi = im->nr[IOBJ_TASK]; lo < hi;) {
			mid = (lo + hi) / 2;
			if (im->objs[IOBJ_TASK][mid].id <= after)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (; lo < im->nr[IOBJ_TASK] && !tid; lo++)
			if (status_of(g, im->objs[IOBJ_TASK][lo].id))
				tid = im->objs[IOBJ_TASK][lo].id;
	}
	pthread_mutex_unlock(&g->core_lock);
	if (e.code)
		note(m, &e);
	return tid;
}

unsigned int cores_asked(const struct gen *g, size_t i)
{
	return g->cores && i < g->cores->nr_asked ? g->cores->asked[i] : 0;
}

void cores_free(struct gen *g)
{
	struct cores *s = g->cores;

	if (!s)
		return;
	image_free(&s->im);
	errlist_clear(&s->why);
	free(s->sizes);
	free(s->asked);
	free(s);
	g->cores = NULL;
}
