// SPDX-License-Identifier: GPL-2.0-or-later
/* crtar maps, crtar mem: mappings, and whose memory is how large. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/fd/common.h>

#include "field.h"
#include "lists.h"
#include "rooms.h"
#include "table.h"

/* The first process that has it, and all of them as a list, which may be NULL */
static unsigned int users(const struct look *l, unsigned int mm, char **list)
{
	const struct crfs_task_status *st;
	unsigned int first = 0;
	size_t i, len;
	FILE *out = list ? open_memstream(list, &len) : NULL;

	for (i = 0; i < l->im.nr[IOBJ_TASK]; i++) {
		st = image_status(&l->im.objs[IOBJ_TASK][i]);
		if (!st || st->mm != mm || st->tid != st->tgid)
			continue;
		if (out)
			fprintf(out, "%s%u", first ? "," : "", st->tid);
		first = first ? first : st->tid;
	}
	if (out)
		fclose(out);
	return first;
}

/* Bytes of extents in [start, end) */
static uint64_t extents(const struct iobj *o, uint64_t start, uint64_t end)
{
	uint64_t at, from, to, sum = 0;
	struct node *x = NULL;

	while ((x = image_extent(o, x, &at))) {
		from = at > start ? at : start;
		to = at + x->size < end ? at + x->size : end;
		sum += from < to ? to - from : 0;
	}
	return sum;
}

static void map_row(const struct look *l, struct table *t, const struct iobj *mm, unsigned int pid,
		    const struct crfs_vma *v)
{
	const struct iobj *o = v->inode ? image_obj(&l->im, IOBJ_INODE, v->inode) : NULL;
	struct fields f;

	if (fields_of(&crfs_vma_shape, v, &f) < 0) {
		t->failed = true;
		return;
	}
	table_num(t, pid);
	table_text(t, "0x%" PRIx64, (uint64_t)v->start);
	table_text(t, "0x%" PRIx64, (uint64_t)v->end);
	table_text(t, "%.*s", (int)f.v[2].len, f.v[2].p);
	table_text(t, "%.*s", (int)f.v[3].len, f.v[3].p);
	table_text(t, "%.*s", (int)f.v[4].len, f.v[4].p);
	table_num(t, v->end - v->start);
	table_num(t, o ? extents(o, v->offset, v->offset + (v->end - v->start)) :
			 extents(mm, v->start, v->end));
	if (v->inode)
		table_text(t, "inodes/%u", v->inode);
	else
		table_str(t, v->path.p, v->path.len);
	fields_free(&f);
}

static void list_maps(const struct look *l, struct table *t)
{
	const struct crfs_vma *v;
	unsigned int pid;
	size_t i, k, n;

	for (i = 0; i < l->im.nr[IOBJ_MM]; i++) {
		v = look_maps(&l->im.objs[IOBJ_MM][i], &n);
		pid = users(l, l->im.objs[IOBJ_MM][i].id, NULL);
		for (k = 0; k < n; k++)
			map_row(l, t, &l->im.objs[IOBJ_MM][i], pid, &v[k]);
	}
}

/* Bytes of what is mapped, of pages that are the parent's, and of shared memory that it maps */
static void mm_row(const struct look *l, struct table *t, const struct iobj *mm)
{
	size_t i, n, nr_cow;
	const struct crfs_vma *v = look_maps(mm, &n);
	const struct crfs_cow *c = image_recs(mm, &res_mm_maps, 3, &nr_cow);
	const struct crfs_mm_status *m = look_mm(mm);
	const struct iobj *o;
	uint64_t mapped = 0, shared = 0, cow = 0;
	char *pids = NULL;

	for (i = 0; i < n; i++) {
		mapped += v[i].end - v[i].start;
		o = v[i].inode ? image_obj(&l->im, IOBJ_INODE, v[i].inode) : NULL;
		shared += o ? extents(o, v[i].offset, v[i].offset + (v[i].end - v[i].start)) : 0;
	}
	for (i = 0; i < nr_cow; i++)
		cow += c[i].end - c[i].start;
	table_text(t, "%s", mm->path);
	table_text(t, "private");
	table_num(t, look_payload(mm));
	table_num(t, cow);
	table_num(t, shared);
	table_num(t, mapped);
	users(l, mm->id, &pids);
	table_list(t, pids);
	table_str(t, m ? m->exe.p : "", m ? m->exe.len : 0);
}

static void plain_row(struct table *t, const char *object, const char *kind, uint64_t bytes)
{
	table_text(t, "%s", object);
	table_text(t, "%s", kind);
	table_num(t, bytes);
	table_num(t, 0);
	table_num(t, 0);
	table_num(t, 0);
	table_list(t, strdup(""));
	table_text(t, "%s", "");
}

/* Each byte that travels once: with the address space or the inode that has it. */
static void list_mem(const struct look *l, struct table *t)
{
	const struct iobj *o;
	uint64_t bytes, sum = 0;
	size_t i;

	for (i = 0; i < l->im.nr[IOBJ_MM]; i++) {
		mm_row(l, t, &l->im.objs[IOBJ_MM][i]);
		sum += look_payload(&l->im.objs[IOBJ_MM][i]);
	}
	for (i = 0; i < l->im.nr[IOBJ_INODE]; i++) {
		o = &l->im.objs[IOBJ_INODE][i];
		bytes = look_payload(o);
		if (bytes && o->room)
			plain_row(t, o->path, o->room->name, bytes);
		sum += bytes;
	}
	plain_row(t, "total", "", sum);
}

static const char *const map_keys[] = {
	"pid", "start", "end", "prot", "kind", "flags", "size", "bytes", "what", NULL
};
static const char *const mem_keys[] = {
	"object", "kind", "bytes", "cow", "shared", "mapped", "pids", "exe", NULL
};

const struct list list_of_maps = { map_keys, list_maps };
const struct list list_of_mem = { mem_keys, list_mem };

static int run_maps(const struct cmd *c, int argc, char **argv)
{
	return look_table(c, argc, argv, &list_of_maps, NULL);
}

static int run_mem(const struct cmd *c, int argc, char **argv)
{
	return look_table(c, argc, argv, &list_of_mem, NULL);
}

const struct cmd cmd_maps = {
	.name = "maps",
	.args = "[--json] CHECKPOINT",
	.what = "show the mappings of each address space",
	.help = "      --json           for programs\n"
		"\nPID is the first process that has it; BYTES is what the checkpoint carries of it.\n",
	.run = run_maps,
};

const struct cmd cmd_mem = {
	.name = "mem",
	.args = "[--json] CHECKPOINT",
	.what = "show how large whose memory is",
	.help = "      --json           for programs\n"
		"\nBYTES travel with the object, each byte with one. COW are those that stand with the\n"
		"process it was forked from, SHARED those of inodes that it maps.\n",
	.run = run_mem,
};
