// SPDX-License-Identifier: GPL-2.0-only
/*
 * The descriptor table: which number is which open file description, and close-on-exec; and
 * the POSIX locks, which belong to the table and not to the description.
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include <crfs/res/fd/fds.h>

#include "internal.h"

struct slot {
	struct file *file;
	unsigned int fd;
	bool cloexec;
};

struct slots {
	struct files_struct *files;
	struct slot *v;
	size_t nr, size;
};

/* Under files->file_lock. */
static int take(const void *data, struct file *file, unsigned int fd)
{
	struct slots *l = (struct slots *)data;

	if (l->nr < l->size) {
		get_file(file);
		l->v[l->nr] = (struct slot){
			file, fd, crfs_close_on_exec(fd, l->files, files_fdtable(l->files)),
		};
	}
	l->nr++;
	return 0;
}

static void drop(struct slots *l)
{
	size_t i;

	for (i = 0; i < min(l->nr, l->size); i++)
		fput(l->v[i].file);
	kvfree(l->v);
}

/*
 * The table as it is, with references: nothing changes it while all stand still, but a kill
 * does.
 */
static int list(struct task_struct *t, struct slots *l)
{
	size_t size = 64;

	for (;;) {
		*l = (struct slots){ .size = size };
		l->v = kvcalloc(size, sizeof(*l->v), GFP_KERNEL_ACCOUNT);
		if (!l->v)
			return -ENOMEM;
		task_lock(t);
		l->files = t->files;
		if (l->files)
			iterate_fd(l->files, 0, take, l);
		task_unlock(t);
		if (!l->files || l->nr <= size)
			break;
		size = l->nr + 64;
		drop(l);
	}
	if (l->files)
		return 0;
	drop(l);
	return -ESTALE;
}

struct lock {
	struct crfs_posix_lock rec;
	u32 file;
	struct lock *next;
};

/* Of the locks of a table on one file, each stands at the first descriptor that shows it. */
static int collect(struct snap *s, const struct slot *slot, const struct cfile *f,
		   const struct files_struct *owner, struct lock **list)
{
	struct file_lock_context *ctx = crfs_lock_context(file_inode(slot->file));
	struct crfs_posix_lock *v;
	struct file_lock *l;
	size_t n = 0, size = 0, i;
	struct lock *new, **at;

	if (!ctx || list_empty_careful(&ctx->flc_posix))
		return 0;
	spin_lock(&ctx->flc_lock);
	crfs_for_each_lock(l, &ctx->flc_posix)
		size++;
	spin_unlock(&ctx->flc_lock);
	v = snap_alloc(s, size * sizeof(*v));
	if (!v)
		return -ENOMEM;
	spin_lock(&ctx->flc_lock);
	crfs_for_each_lock(l, &ctx->flc_posix) {
		if (crfs_lock(l, owner) != owner || crfs_lock(l, flags) & FL_OFDLCK || n == size)
			continue;
		v[n++] = (struct crfs_posix_lock){
			.fd = slot->fd,
			.mode = crfs_lock(l, type) == F_WRLCK ? CRFS_LOCK_WRITE : CRFS_LOCK_READ,
			.start = l->fl_start,
			.len = l->fl_end == OFFSET_MAX ? 0 : l->fl_end - l->fl_start + 1,
		};
	}
	spin_unlock(&ctx->flc_lock);
	for (i = 0; i < n; i++) {
		for (at = list; *at; at = &(*at)->next)
			if ((*at)->file == f->id && (*at)->rec.start == v[i].start)
				break;
		new = *at ? NULL : snap_alloc(s, sizeof(*new));
		if (!new)
			continue;
		*new = (struct lock){ .rec = v[i], .file = f->id };
		*at = new;
	}
	return 0;
}

static int fds_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	struct lock *locks = NULL;
	struct cfile *f;
	struct slots l;
	size_t i;
	int rc = list(t->task, &l);

	if (rc)
		return rc;
	text_section(out, &crfs_fd_shape);
	for (i = 0; i < l.nr && !rc; i++) {
		rc = snap_file(s, t, l.v[i].fd, l.v[i].file, &f);
		if (!rc)
			rc = collect(s, &l.v[i], f, l.files, &locks);
		if (!rc)
			text_rec(out, &crfs_fd_shape,
				 &(struct crfs_fd){ l.v[i].fd, f->id, l.v[i].cloexec });
	}
	drop(&l);
	text_section(out, &crfs_posix_lock_shape);
	for (; locks; locks = locks->next)
		text_rec(out, &crfs_posix_lock_shape, &locks->rec);
	return rc;
}

const struct room res_fd_fds = {
	.name = "fds",
	.scope = PER_FDTABLE,
	.read = fds_read,
};
