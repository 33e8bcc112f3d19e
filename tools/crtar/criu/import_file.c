// SPDX-License-Identifier: GPL-2.0-or-later
/* files/<id>, fds, pipes: numbered by the first task and descriptor that has them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <crfs/format.h>
#include <crfs/res/fd/chardev.h>
#include <crfs/res/fd/common.h>
#include <crfs/res/fd/dir.h>
#include <crfs/res/fd/fds.h>
#include <crfs/res/fd/locks.h>
#include <crfs/res/fd/pipe.h>
#include <crfs/res/fd/regular.h>
#include <crfs/res/inode/pipe.h>

#include "import.h"

#define PIPE_BUFFER 4096

struct import_file *file_of(struct import *x, unsigned int id)
{
	size_t i;

	for (i = 0; i < x->nr_files; i++)
		if (x->files[i].f->id == id)
			return &x->files[i];
	return NULL;
}

const char *file_path(struct import *x, unsigned int id)
{
	struct import_file *f = file_of(x, id);

	return f && f->f->type == CRIU_REG && f->f->reg ? f->f->reg->name : NULL;
}

static int by_fd(const void *a, const void *b)
{
	const struct crfs_fd *x = a, *y = b;

	return (x->fd > y->fd) - (x->fd < y->fd);
}

static int put_fds(struct import *x, struct node *dir, struct crfs_fd *v, size_t n)
{
	struct text t = { .failed = false };
	struct import_file *f;
	size_t i;

	if (n)
		qsort(v, n, sizeof(*v), by_fd);
	text_section(&t, &crfs_fd_shape);
	for (i = 0; i < n; i++) {
		f = file_of(x, v[i].file);
		if (!f) {
			text_free(&t);
			return fail_on(&x->e, -EBADMSG, "fdinfo", "file %u is not in files.img", v[i].file);
		}
		if (!f->number)
			f->number = ++x->next_file;
		v[i].file = f->number;
		text_rec(&t, &crfs_fd_shape, &v[i]);
	}
	text_section(&t, &crfs_posix_lock_shape);
	return add_text(x, dir, "fds", &t);
}

int import_fds(struct import *x, struct process *p, struct node *dir)
{
	struct crfs_fd *v = NULL, *more;
	Criu__Fd *msg;
	struct img img;
	size_t n = 0;
	int r = img_open(&img, x->dir, CRIU_FDINFO, &x->e, "fdinfo-%u.img", p->ids->files);

	if (r == -ENOENT)
		r = fail_on(&x->e, r, img.name, "it is missing: name a whole directory of images");
	while (!r && (msg = img_get(&img, &criu__fd__descriptor, x->pool, &x->e))) {
		more = realloc(v, (n + 1) * sizeof(*v));
		if (!more) {
			r = fail(&x->e, -ENOMEM, "memory for descriptors");
			break;
		}
		v = more;
		v[n++] = (struct crfs_fd){ .fd = msg->fd, .file = msg->file, .cloexec = msg->flags & 1 };
	}
	img_close(&img);
	if (!x->e.code)
		put_fds(x, dir, v, n);
	free(v);
	return x->e.code;
}

static void begin(struct text *t, const char *type, unsigned int flags, uint64_t pos)
{
	const struct crfs_file c = { .type = str(type), .flags = flags & ~O_CLOEXEC, .pos = pos };

	text_section(t, &crfs_file_shape);
	text_rec(t, &crfs_file_shape, &c);
}

static bool is_owned(const Criu__Owner *o)
{
	return o && (o->pid || o->signum);
}

/* What kind of file it is newer images say; those of others the file that is here, or what is known of it. */
static mode_t kind_of(const Criu__Reg *r, bool here, const struct stat *st)
{
	if (r->has_mode)
		return r->mode;
	if (here)
		return st->st_mode;
	return r->flags & O_DIRECTORY ? S_IFDIR : r->has_size ? S_IFREG : 0;
}

static int put_reg(struct import *x, const Criu__Reg *r, struct text *t)
{
	struct stat st;
	bool here = looks(r->name, &st), same;
	mode_t mode = kind_of(r, here, &st);

	if (!mode)
		return fail_on(&x->e, -ENOENT, r->name, "it is not here, and its image does not say what it was");
	if (is_owned(r->owner) || r->external)
		refuse(x, r->name, "a file with an owner, or that is external");
	if (S_ISREG(mode)) {
		same = here && S_ISREG(st.st_mode) && (uint64_t)st.st_size == r->size;
		begin(t, "regular", r->flags, r->pos);
		text_section(t, &crfs_fd_regular_shape);
		text_rec(t, &crfs_fd_regular_shape, &(struct crfs_fd_regular){
			.path = str(r->name), .size = r->size, .ino = same ? st.st_ino : 0,
			.mtime_ns = same ? st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec : 0 });
		text_section(t, &crfs_lock_shape);
	} else if (S_ISDIR(mode)) {
		begin(t, "dir", r->flags, r->pos);
		text_section(t, &crfs_fd_dir_shape);
		text_rec(t, &crfs_fd_dir_shape, &(struct crfs_fd_dir){ .path = str(r->name) });
		text_section(t, &crfs_lock_shape);
	} else if (S_ISCHR(mode) && here && S_ISCHR(st.st_mode)) {
		begin(t, "chardev", r->flags, r->pos);
		text_section(t, &crfs_fd_chardev_shape);
		text_rec(t, &crfs_fd_chardev_shape, &(struct crfs_fd_chardev){
			.path = str(r->name), .major = major(st.st_rdev), .minor = minor(st.st_rdev) });
		text_section(t, &crfs_lock_shape);
	} else {
		refuse(x, r->name, "neither a file, a directory nor a device that is here");
	}
	return x->e.code;
}

static int put_pipe(struct import *x, const Criu__PipeEnd *p, struct text *t)
{
	struct import_inode *i;
	bool fresh;

	if (is_owned(p->owner))
		refuse(x, "files.img", "a pipe with an owner");
	i = inode_of(x, INODE_PIPE, p->pipe, &fresh);
	if (!i)
		return fail(&x->e, -ENOMEM, "memory for a pipe");
	begin(t, "pipe", p->flags, 0);
	text_section(t, &crfs_fd_pipe_shape);
	text_rec(t, &crfs_fd_pipe_shape, &(struct crfs_fd_pipe){ .inode = i->number });
	return 0;
}

/* @data: @bytes of it; where one write ended and the next began, images do not say. */
static int put_inode(struct import *x, struct import_inode *i, uint32_t size, const char *data, size_t bytes)
{
	const struct crfs_inode_pipe p = { .size = size, .mode = 0600 };
	struct text t = { .failed = false };
	struct crfs_pipe_run run = { .packet = 0 };
	size_t at;

	text_section(&t, &crfs_inode_shape);
	text_rec(&t, &crfs_inode_shape, &(struct crfs_inode){ .type = str("pipe") });
	text_section(&t, &crfs_inode_pipe_shape);
	text_rec(&t, &crfs_inode_pipe_shape, &p);
	text_section(&t, &crfs_pipe_run_shape);
	for (at = 0; at < bytes; at += run.len) {
		run.len = bytes - at < PIPE_BUFFER ? bytes - at : PIPE_BUFFER;
		text_rec(&t, &crfs_pipe_run_shape, &run);
	}
	i->size = 1;		/* it is there */
	return add_text(x, i->dir, "status", &t) ?: add_bytes(x, i->dir, "data", data, bytes);
}

static int put_contents(struct import *x)
{
	struct import_inode *i;
	Criu__Pipe *msg;
	struct img img;
	char *data;
	int r = img_open(&img, x->dir, CRIU_PIPES, &x->e, "pipes-data.img");

	while (!r && (msg = img_get(&img, &criu__pipe__descriptor, x->pool, &x->e))) {
		data = malloc(msg->bytes ? msg->bytes : 1);
		r = data ? img_read(&img, data, msg->bytes, &x->e) : fail(&x->e, -ENOMEM, "memory for a pipe");
		for (i = x->inodes; i && (i->kind != INODE_PIPE || i->key != msg->pipe); i = i->next)
			;
		if (!r && i)
			r = put_inode(x, i, msg->has_size ? msg->size : 65536, data, msg->bytes);
		free(data);
	}
	img_close(&img);
	for (i = x->inodes; i && !x->e.code; i = i->next)
		if (i->kind == INODE_PIPE && !i->size)
			put_inode(x, i, 65536, "", 0);
	return x->e.code;
}

int import_files(struct import *x)
{
	struct node *dir = tree_dir(x->t, tree_root(x->t), CRFS_FILES);
	struct text t = { .failed = false };
	char name[16];
	size_t i, n;
	int r = dir ? 0 : fail(&x->e, -ENOMEM, "memory for files");

	for (n = 1; n <= x->next_file && !r; n++) {
		for (i = 0; x->files[i].number != n; i++)
			;
		if (n >= CRFS_FILE_GROUPED)
			return fail(&x->e, -EMFILE, "so many open files: crtar does not convert them");
		snprintf(name, sizeof(name), "%zu", n);
		if (x->files[i].f->type == CRIU_REG && x->files[i].f->reg)
			r = put_reg(x, x->files[i].f->reg, &t);
		else if (x->files[i].f->type == CRIU_PIPE && x->files[i].f->pipe)
			r = put_pipe(x, x->files[i].f->pipe, &t);
		else
			refuse(x, "files.img", "file %u, of type %u", x->files[i].f->id, x->files[i].f->type);
		if (!r)
			r = add_text(x, dir, name, &t);
		text_free(&t);
	}
	return r ? r : put_contents(x);
}
