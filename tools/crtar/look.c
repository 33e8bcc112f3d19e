// SPDX-License-Identifier: GPL-2.0-or-later
/* A checkpoint opened for looking at it: parsed, by whichever way it comes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/format.h>

#include "lists.h"
#include "rooms.h"

/* Obstacles are for whoever restores, and not wrong in themselves. */
static bool is_obstacle(int code, const char *object)
{
	return code == -EOPNOTSUPP && !strcmp(object, CRFS_UNSUPPORTED);
}

/* Of a running container files are missing that only a stopped task can fill: of many tasks, thousands. */
static bool is_no_fault_alive(int code, const char *object)
{
	return code == -ENOENT || is_obstacle(code, object);
}

/* Before the rest is parsed: what is wrong with that depends on it. */
static bool is_live(struct source *s)
{
	static const char frozen[] = "\nstate frozen\n";
	const struct node *n = source_file(s, CRFS_HEADER);

	return n && n->kind == NODE_TEXT && n->size && !memmem(n->text, n->size, frozen, strlen(frozen));
}

int look_open(struct look *l, const char *name)
{
	int r;

	l->src.name = name;
	l->opts.lossy = true;
	r = source_open(&l->src, &l->why);
	if (r < 0) {
		say_all(&l->why);
		errlist_clear(&l->why);
		source_close(&l->src);
		return r;
	}
	l->live = is_live(&l->src);
	l->why.drops = l->live ? is_no_fault_alive : is_obstacle;
	image_read(l->src.tree, l->src.top, &l->opts, &l->why, true, &l->im);
	if (l->im.nr[IOBJ_ROOT])
		l->header = image_rec(l->im.objs[IOBJ_ROOT], &res_root_header, 0);
	return 0;
}

int look_close(struct look *l)
{
	int r = l->why.first ? EXIT_NO : EXIT_YES;

	fflush(stdout);
	say_all(&l->why);
	errlist_clear(&l->why);
	image_free(&l->im);
	source_close(&l->src);
	return r;
}

int look_args(const struct cmd *c, int argc, char **argv, bool *json, const char **name)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' }, { NULL, 0, NULL, 0 }
	};
	int o, end;

	while ((o = cmd_option(c, argc, argv, "j", longs, &end)) != -1) {
		if (!o)
			return end;
		*json = true;
	}
	if (optind + 1 != argc)
		return cmd_wrong(c, "it takes one checkpoint");
	*name = argv[optind];
	return -1;
}

int look_table(const struct cmd *c, int argc, char **argv, const struct list *list,
	       bool (*keep)(struct source *s, struct node *n))
{
	struct look l = { .src = { .bytes = BYTES_NONE, .keep = keep, .dir = -1, .cg.dir = -1 } };
	struct table t;
	bool json = false;
	const char *name;
	int r = look_args(c, argc, argv, &json, &name);

	if (r >= 0)
		return r;
	if (look_open(&l, name) < 0)
		return EXIT_NO;
	table_begin(&t, list->keys, json);
	list->add(&l, &t);
	r = table_end(&t);
	return look_close(&l) || r < 0 ? EXIT_NO : EXIT_YES;
}

const struct iobj *look_task(const struct look *l, unsigned int tid)
{
	return image_obj(&l->im, IOBJ_TASK, tid);
}

const struct crfs_fd *look_fds(const struct iobj *o, size_t *n)
{
	return image_recs(o, &res_fd_fds, 0, n);
}

const struct crfs_vma *look_maps(const struct iobj *mm, size_t *n)
{
	return image_recs(mm, &res_mm_maps, 0, n);
}

const struct crfs_mm_status *look_mm(const struct iobj *mm)
{
	return image_rec(mm, &res_mm_status, 0);
}

uint64_t look_payload(const struct iobj *o)
{
	uint64_t sum = 0;
	struct node *n;

	if (o->node->kind != NODE_DIR)
		return 0;
	for (n = tree_next(o->node, o->node); n; n = tree_next(n, o->node))
		if (n->kind != NODE_DIR && stage_is_payload(n))
			sum += n->size;
	return sum;
}
