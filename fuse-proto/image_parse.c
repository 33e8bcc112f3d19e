// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parsing a staged tree: every file with the shapes of its room, every error named.
 *
 * What no room knows is refused, and so is what a room must have and the tree has not: a tree that
 * was truncated or merged with another never restores by half.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/format.h>
#include <crfs/res/fd/common.h>
#include <crfs/res/task/status.h>

#include "image_parse.h"
#include "resource.h"
#include "rooms.h"

/* A number as a directory is named after it: canonical, so that no two names mean one object. */
static bool number(const char *s, unsigned int *id)
{
	char *end;
	unsigned long v;

	if (*s < '1' || *s > '9' || strlen(s) > 10)
		return false;
	v = strtoul(s, &end, 10);
	if (*end || v > 0x7fffffff)
		return false;
	*id = v;
	return true;
}

static bool is_payload(const struct resource *room, const struct node *n)
{
	const char *const *p;
	size_t len;

	for (p = room->payloads; p && *p; p++) {
		len = strlen(*p);
		if ((*p)[len - 1] == '/' ? n->kind == NODE_DIR && strlen(n->name) == len - 1 &&
					   !memcmp(n->name, *p, len - 1) :
					   n->kind != NODE_DIR && !strcmp(n->name, *p))
			return true;
	}
	return false;
}

static bool payload_of_scope(enum scope scope, const struct node *n)
{
	const struct resource *const *r;

	for (r = resources; *r; r++)
		if ((*r)->scope == scope && is_payload(*r, n))
			return true;
	return false;
}

/* A file in the directory of @o, which may be in one of the scopes [@first, @last]. */
static void parse_entry(struct image *im, struct node *n, struct iobj *o, enum scope first,
			enum scope last)
{
	const struct resource *room = NULL;
	unsigned int scope;

	for (scope = first; scope <= last && !room; scope++)
		room = resource_find(scope, n->name, strlen(n->name));
	if (room && n->kind != NODE_DIR) {
		image_parse_file(im, n, room, o);
		return;
	}
	for (scope = first; scope <= last; scope++)
		if (payload_of_scope(scope, n))
			return;
	image_unknown(im, n);
}

static void parse_dir(struct image *im, struct iobj *o, enum scope first, enum scope last)
{
	struct node *n;

	if (o->node->kind != NODE_DIR) {
		image_unknown(im, o->node);
		return;
	}
	for (n = o->node->child; n; n = n->next)
		parse_entry(im, n, o, first, last);
}

static void parse_inode(struct image *im, struct iobj *o)
{
	struct node *status = tree_find(im->tree, o->node, "status"), *n;

	if (o->node->kind != NODE_DIR) {
		image_unknown(im, o->node);
		return;
	}
	if (!status) {
		image_mismatch(im, -ENOENT, o->path, "status is missing: copy the checkpoint again");
		return;
	}
	image_parse_typed(im, status, o, PER_INODE, &crfs_inode_shape);
	for (n = o->node->child; n && o->room; n = n->next)
		if (n != status && !is_payload(o->room, n))
			image_unknown(im, n);
}

static void parse_ns(struct image *im, struct iobj *o)
{
	const char *dash = strrchr(o->node->name, '-');

	o->room = dash ? resource_find(PER_NS, o->node->name, dash - o->node->name) : NULL;
	if (!o->room)
		image_mismatch(im, -EINVAL, o->path, "unknown type: use a crfs that knows it");
	else if (o->node->kind == NODE_DIR)
		image_unknown(im, o->node);
	else
		image_parse_file(im, o->node, o->room, o);
}

static void parse_obj(struct image *im, struct iobj *o)
{
	switch (o->kind) {
	case IOBJ_TASK:
		parse_dir(im, o, PER_THREAD, PER_FS);
		break;
	case IOBJ_MM:
		parse_dir(im, o, PER_MM, PER_MM);
		break;
	case IOBJ_INODE:
		parse_inode(im, o);
		break;
	default:
		parse_ns(im, o);
	}
}

static int by_id(const void *a, const void *b)
{
	const struct iobj *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static bool id_of(enum iobj_kind kind, const char *name, unsigned int *id)
{
	const char *dash = kind == IOBJ_NS ? strrchr(name, '-') : NULL;

	return number(dash ? dash + 1 : name, id);
}

/* What stands in @dir, sorted by number. */
static void list_objs(struct image *im, struct node *dir, enum iobj_kind kind)
{
	struct node *n;
	size_t nr = 0;
	struct iobj *o;

	for (n = dir->child; n; n = n->next)
		nr++;
	im->objs[kind] = pool_alloc(&im->pool, nr * sizeof(*o));
	if (!im->objs[kind]) {
		image_no_memory(im, dir);
		return;
	}
	for (n = dir->child; n; n = n->next) {
		o = &im->objs[kind][im->nr[kind]];
		*o = (struct iobj){ .kind = kind, .node = n, .path = image_path(im, n), .fd = -1 };
		if (id_of(kind, n->name, &o->id))
			im->nr[kind]++;
		else
			image_unknown(im, n);
	}
	qsort(im->objs[kind], im->nr[kind], sizeof(*o), by_id);
}

static void parse_objs(struct image *im, struct node *dir, enum iobj_kind kind)
{
	size_t i;

	list_objs(im, dir, kind);
	if (kind == IOBJ_FILE)
		image_group_files(im);
	else
		for (i = 0; i < im->nr[kind]; i++)
			parse_obj(im, &im->objs[kind][i]);
}

/* Loss that the mounter has accepted is no obstacle; everything else in there is. */
static void parse_unsupported(struct image *im, struct node *n)
{
	char *text = image_copy(im, n), *line, *save = NULL;

	if (!text)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (im->opts->lossy && !strncmp(line, "ENODATA ", 8) && strstr(line, ": lost: "))
			continue;
		image_mismatch(im, -EOPNOTSUPP, CRFS_UNSUPPORTED,
			       "the checkpoint is not complete: %s", line);
	}
}

static void parse_root_entry(struct image *im, struct node *n, struct iobj *root)
{
	static const struct { const char *name; enum iobj_kind kind; } dirs[] = {
		{ CRFS_TASKS, IOBJ_TASK }, { CRFS_MMS, IOBJ_MM }, { CRFS_FILES, IOBJ_FILE },
		{ CRFS_INODES, IOBJ_INODE }, { CRFS_NS, IOBJ_NS },
	};
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		if (n->kind == NODE_DIR && !strcmp(n->name, dirs[i].name)) {
			parse_objs(im, n, dirs[i].kind);
			return;
		}
	}
	if (n->kind != NODE_DIR && !strcmp(n->name, CRFS_MANIFEST))
		return;		/* whoever staged the tree has verified it */
	if (n->kind != NODE_DIR && !strcmp(n->name, CRFS_UNSUPPORTED))
		parse_unsupported(im, n);
	else
		parse_entry(im, n, root, PER_ROOT, PER_ROOT);
}

/* The image as it is before anything but the header is read. */
static int read_header(struct image *im)
{
	struct iobj *root = pool_alloc(&im->pool, sizeof(*root));
	struct node *n;

	if (!root) {
		image_mismatch(im, -ENOMEM, CRFS_HEADER, "no memory to read it: free some");
		return -ENOMEM;
	}
	*root = (struct iobj){ .kind = IOBJ_ROOT, .path = "", .node = im->top, .fd = -1 };
	im->objs[IOBJ_ROOT] = root;
	im->nr[IOBJ_ROOT] = 1;
	n = tree_find(im->tree, im->top, CRFS_HEADER);
	if (n && n->kind != NODE_DIR)
		parse_root_entry(im, n, root);
	return 0;
}

static void read_rest(struct image *im)
{
	struct iobj *root = im->objs[IOBJ_ROOT];
	struct node *n;
	size_t i;

	for (n = im->top->child; n; n = n->next)
		if (strcmp(n->name, CRFS_HEADER))
			parse_root_entry(im, n, root);
	image_complete(im, root);
	for (i = 0; i < im->nr[IOBJ_TASK]; i++)
		image_complete(im, &im->objs[IOBJ_TASK][i]);
	for (i = 0; i < im->nr[IOBJ_MM]; i++)
		image_complete(im, &im->objs[IOBJ_MM][i]);
	if (!im->nr[IOBJ_TASK])
		image_mismatch(im, -ENOENT, CRFS_TASKS, "there is no task: copy the checkpoint again");
}

int image_parse(struct tree *t, struct node *top, struct cgroup *cg, const struct options *opts,
		struct errlist *why, struct image *im)
{
	unsigned int before = why->count;

	*im = (struct image){ .tree = t, .top = top, .cg = cg, .opts = opts, .why = why };
	if (read_header(im) < 0)
		return why->first;
	/* What the header says against it comes first, and alone: the rest would be noise. */
	res_root_header.check(im, im->objs[IOBJ_ROOT]);
	if (why->count == before)
		read_rest(im);
	return why->count == before ? 0 : why->first;
}

int image_read(struct tree *t, struct node *top, const struct options *opts, struct errlist *why,
	       bool spend, struct image *im)
{
	unsigned int before = why->count;

	*im = (struct image){ .tree = t, .top = top, .opts = opts, .why = why, .spend = spend };
	if (!read_header(im))
		read_rest(im);
	return why->count == before ? 0 : why->first;
}
