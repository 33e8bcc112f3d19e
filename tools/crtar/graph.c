// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar graph: the objects of a checkpoint and who shares them, for Graphviz. */
#include <stdlib.h>
#include <string.h>

#include <crfs/res/fd/common.h>

#include "field.h"
#include "look.h"

/* A string of DOT: in it only the quote and the backslash mean something. */
static void put_label(const char *p)
{
	for (; *p; p++) {
		if (*p == '"' || *p == '\\')
			putchar('\\');
		putchar(*p);
	}
}

static void node(const char *id, const char *shape, const char *label)
{
	printf("\t\"%s\" [shape=%s, label=\"%s\\n", id, shape, id);
	put_label(label);
	printf("\"];\n");
}

static void edge(const char *from, const char *to, const char *label, const char *style)
{
	printf("\t\"%s\" -> \"%s\" [label=\"", from, to);
	put_label(label);
	printf("\"%s%s];\n", *style ? ", style=" : "", style);
}

/* Threads are with their process, but for those with descriptors of their own. */
static void task(const struct look *l, const struct iobj *o)
{
	const struct crfs_task_status *st = image_status(o);
	const struct iobj *parent = st ? look_task(l, st->ppid) : NULL;
	char label[128], to[64];

	if (st && st->tid != st->tgid)
		parent = st->files == st->tid ? look_task(l, st->tgid) : NULL;
	if (!st || (st->tid != st->tgid && !parent))
		return;
	print_str(label, sizeof(label), st->comm);
	node(o->path, "box", label);
	if (parent)
		edge(parent->path, o->path, "", "bold");
	snprintf(to, sizeof(to), "mms/%u", st->mm);
	if (st->mm)
		edge(o->path, to, "", "");
	snprintf(to, sizeof(to), "tasks/%u", st->files);
	if (st->files != st->tid && look_task(l, st->files))
		edge(o->path, to, "files", "dashed");
}

static void fds(const struct iobj *o)
{
	size_t i, n;
	const struct crfs_fd *f = look_fds(o, &n);
	char to[64], label[32];

	for (i = 0; i < n; i++) {
		snprintf(to, sizeof(to), "files/%u", f[i].file);
		snprintf(label, sizeof(label), "%u", f[i].fd);
		edge(o->path, to, label, "");
	}
}

static void mm(const struct iobj *o)
{
	size_t i, n;
	const struct crfs_vma *v = look_maps(o, &n);
	const struct crfs_mm_status *m = look_mm(o);
	char to[64], label[512] = "";
	unsigned int last = 0;

	if (m)
		print_str(label, sizeof(label), m->exe);
	node(o->path, "cylinder", label);
	for (i = 0; i < n; i++) {
		if (!v[i].inode || v[i].inode == last)
			continue;
		last = v[i].inode;
		snprintf(to, sizeof(to), "inodes/%u", last);
		edge(o->path, to, "", "dotted");
	}
}

/* What holds its content, and the other end of a socket */
static void file(const struct iobj *o)
{
	static const char *const keys[] = { "inode", "queue", "queues" };
	char label[256], to[64], word[32];
	size_t i;

	node(o->path, "ellipse", file_summary(o, label, sizeof(label)));
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		snprintf(to, sizeof(to), "inodes/%u", (unsigned int)field_num(o, keys[i]));
		if (field_num(o, keys[i]))
			edge(o->path, to, strcmp(keys[i], "inode") ? keys[i] : "", "dotted");
	}
	snprintf(to, sizeof(to), "files/%u", (unsigned int)field_num(o, "peer"));
	if (field_show(o, "connected", word, sizeof(word)) && !strcmp(word, "peer"))
		edge(o->path, to, "peer", "dashed");
}

static void draw(const struct look *l)
{
	const struct image *im = &l->im;
	size_t i;

	printf("digraph checkpoint {\n\trankdir=LR;\n");
	for (i = 0; i < im->nr[IOBJ_TASK]; i++) {
		task(l, &im->objs[IOBJ_TASK][i]);
		fds(&im->objs[IOBJ_TASK][i]);
	}
	for (i = 0; i < im->nr[IOBJ_MM]; i++)
		mm(&im->objs[IOBJ_MM][i]);
	for (i = 0; i < im->nr[IOBJ_FILE]; i++)
		file(&im->objs[IOBJ_FILE][i]);
	for (i = 0; i < im->nr[IOBJ_INODE]; i++)
		node(im->objs[IOBJ_INODE][i].path, "note",
		     im->objs[IOBJ_INODE][i].room ? im->objs[IOBJ_INODE][i].room->name : "");
	printf("}\n");
}

static int run(const struct cmd *c, int argc, char **argv)
{
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	struct look l = { .src = { .bytes = BYTES_NONE, .dir = -1, .cg.dir = -1 } };
	int end;

	if (cmd_option(c, argc, argv, "", none, &end) != -1)
		return end;
	if (optind + 1 != argc)
		return cmd_wrong(c, "it takes one checkpoint");
	if (look_open(&l, argv[optind]) < 0)
		return EXIT_NO;
	draw(&l);
	return look_close(&l);
}

const struct cmd cmd_graph = {
	.name = "graph",
	.args = "CHECKPOINT",
	.what = "draw the objects and who shares them, for dot(1)",
	.help = "",
	.run = run,
};
