// SPDX-License-Identifier: GPL-2.0-or-later
/* Inode numbers, attributes and references of what the mount shows. */
#include <errno.h>
#include <string.h>

#include "fuse.h"

fuse_ino_t node_ino(const struct gen *g, const struct node *n)
{
	return n->parent || n != tree_root(g->tree) ? (uint64_t)g->id << 32 | n->ino : FUSE_ROOT_ID;
}

int node_resolve(struct crfs *c, fuse_ino_t ino, pid_t pid, bool refresh, struct gen **g,
		 struct node **n)
{
	int r;

	if (ino == FUSE_ROOT_ID) {
		*g = mount_grace(&c->m, pid);
		r = *g ? 0 : mount_current(&c->m, refresh, g);
		if (!r)
			*n = tree_root((*g)->tree);
		return r;
	}
	for (*g = c->m.gens; *g && (*g)->id != ino >> 32; *g = (*g)->next)
		;
	*n = *g ? gen_node(*g, ino & 0xffffffff) : NULL;
	return *n ? 0 : -ESTALE;
}

static void staged_attr(struct gen *g, struct node *n, struct stat *st)
{
	struct front *f = n->front;

	if (!g->over)
		stage_sync(n);
	st->st_mode = (n->kind == NODE_DIR ? S_IFDIR : S_IFREG) | f->mode;
	st->st_uid = f->uid;
	st->st_gid = f->gid;
}

void node_attr(struct crfs *c, struct gen *g, struct node *n, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = n->kind == NODE_DIR ? S_IFDIR | 0500 : S_IFREG | 0400;
	st->st_uid = c->m.uid;
	st->st_gid = c->m.gid;
	if (!g->view && n->front)
		staged_attr(g, n, st);
	st->st_ino = node_ino(g, n);
	st->st_nlink = n->kind == NODE_DIR ? 2 : 1;
	st->st_size = n->kind == NODE_DIR ? 0 : n->size;
	st->st_blksize = 4096;
	st->st_blocks = (st->st_size + 511) / 512;
	st->st_mtim = n == tree_root(g->tree) ? c->m.since : n->mtime;
	st->st_ctim = st->st_mtim;
	st->st_atim = st->st_mtim;
}

double attr_time(const struct gen *g, const struct node *n)
{
	return g->over || n == tree_root(g->tree) ? 0 : FOREVER;
}

int node_entry(struct crfs *c, struct gen *g, struct node *n, struct fuse_entry_param *e)
{
	struct front *f;
	bool top = n->parent == tree_root(g->tree);

	if (!g->view) {
		f = front_of(n);
		if (!f)
			return -ENOMEM;
		f->lookups++;
	}
	memset(e, 0, sizeof(*e));
	node_attr(c, g, n, &e->attr);
	e->ino = e->attr.st_ino;
	e->generation = g->id;
	e->attr_timeout = attr_time(g, n);
	/* what stands in the root is another thing when the generation is */
	e->entry_timeout = g->over || (top && g->view) ? 0 : top ? BRIEF : FOREVER;
	g->refs++;
	return 0;
}
