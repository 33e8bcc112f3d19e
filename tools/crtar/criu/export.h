/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of an export share. */
#ifndef CRTAR_CRIU_EXPORT_H
#define CRTAR_CRIU_EXPORT_H

#include <crfs/res/fd/common.h>
#include <crfs/res/fd/fds.h>
#include <crfs/res/mm/maps.h>
#include <crfs/res/mm/status.h>
#include <crfs/res/task/fs.h>
#include <crfs/res/task/status.h>
#include <crfs/str.h>

#include "criu.h"
#include "resource.h"
#include "rooms.h"

/**
 * struct export - on the way
 * @paths: files that only a path is known of (mapped, current directories): each has an id in files.img
 * @next_file: the next such id, above those of the tree's descriptions
 * @next_pages: pages-<id> that come next
 */
struct export {
	struct image *im;
	struct imem *mem;
	struct errlist *why;
	struct err e;
	struct pool pool;
	int dir;
	struct export_path {
		struct crfs_str path, build_id;
		unsigned int flags, id;
		uint64_t size;
		struct export_path *next;
	} *paths;
	unsigned int next_file, next_pages;
};

/** export_check() - name all that images have no place for */
void export_check(struct export *x);

/** export_path() - the id of a file that is known by its path. Return: 0: no memory */
unsigned int export_path(struct export *x, struct crfs_str path, unsigned int flags,
			 const struct crfs_mapped *known);

int export_core(struct export *x, const struct iobj *task);
int export_mm(struct export *x, const struct iobj *leader, const struct iobj *mm);
int export_shm(struct export *x, const struct iobj *inode);
int export_fds(struct export *x, const struct iobj *task);
int export_files(struct export *x);
int export_pipes(struct export *x);

static inline struct crfs_task_status *task_of(const struct iobj *o)
{
	return (struct crfs_task_status *)image_status(o);
}

/* A file that a thread may have and its process has else */
static inline void *of_thread(const struct export *x, const struct iobj *o, const struct resource *room, int section)
{
	void *rec = image_rec(o, room, section);
	const struct iobj *leader = rec ? NULL : image_obj(x->im, IOBJ_TASK, task_of(o)->tgid);

	return leader ? image_rec(leader, room, section) : rec;
}

static inline char *pool_str(struct pool *p, struct crfs_str s)
{
	return pool_strndup(p, s.p ? s.p : "", s.len);
}

#endif
