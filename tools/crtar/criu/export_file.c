// SPDX-License-Identifier: GPL-2.0-or-later
/* files, fdinfo-<id>, pipes-data: open files, and those that only a path is known of. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/fd/chardev.h>
#include <crfs/res/fd/dir.h>
#include <crfs/res/fd/pipe.h>
#include <crfs/res/fd/regular.h>
#include <crfs/res/inode/pipe.h>

#include "export.h"

static bool same(struct crfs_str a, struct crfs_str b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

unsigned int export_path(struct export *x, struct crfs_str path, unsigned int flags,
			 const struct crfs_mapped *known)
{
	struct export_path *p;

	for (p = x->paths; p; p = p->next)
		if (same(p->path, path) && p->flags == flags)
			return p->id;
	p = pool_alloc(&x->pool, sizeof(*p));
	if (!p)
		return 0;
	*p = (struct export_path){ .path = path, .flags = flags, .id = x->next_file++, .next = x->paths };
	if (known) {
		p->build_id = known->build_id;
		p->size = known->size;
	}
	x->paths = p;
	return p->id;
}

static Criu__Owner nobody = CRIU__OWNER__INIT;

/* Words of four bytes of what stands in hex */
static int set_build_id(struct export *x, struct crfs_str hex, Criu__Reg *reg)
{
	size_t i, n = hex.len / 8;
	unsigned int b[4];

	reg->build_id = pool_alloc(&x->pool, (n + 1) * sizeof(*reg->build_id));
	if (!reg->build_id)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		if (sscanf(hex.p + 8 * i, "%2x%2x%2x%2x", &b[0], &b[1], &b[2], &b[3]) == 4)
			reg->build_id[reg->n_build_id++] = b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
	return 0;
}

static int put_reg(struct export *x, struct img *img, unsigned int id, struct crfs_str path, unsigned int flags,
		   uint64_t pos, const uint64_t *size, struct crfs_str build_id)
{
	Criu__File f = CRIU__FILE__INIT;
	Criu__Reg reg = CRIU__REG__INIT;

	f.type = CRIU_REG;
	f.id = reg.id = id;
	f.reg = &reg;
	reg.flags = flags;
	reg.pos = pos;
	reg.owner = &nobody;
	reg.name = pool_str(&x->pool, path);
	reg.has_size = size != NULL;
	reg.size = size ? *size : 0;
	if (!reg.name || set_build_id(x, build_id, &reg) < 0)
		return fail(&x->e, -ENOMEM, "memory for a file");
	return img_put(img, &f, &x->e);
}

static int put_pipe(struct export *x, struct img *img, const struct iobj *o, const struct crfs_file *c)
{
	const struct crfs_fd_pipe *p = image_rec(o, &res_fd_pipe, 0);
	Criu__File f = CRIU__FILE__INIT;
	Criu__PipeEnd end = CRIU__PIPE_END__INIT;

	f.type = CRIU_PIPE;
	f.id = end.id = o->id;
	f.pipe = &end;
	end.pipe = p->inode;
	end.flags = c->flags;
	end.owner = &nobody;
	return img_put(img, &f, &x->e);
}

static int put_open(struct export *x, struct img *img, const struct iobj *o)
{
	const struct crfs_file *c = o->common;
	const struct crfs_fd_regular *r = image_rec(o, &res_fd_regular, 0);
	const struct crfs_fd_chardev *d = image_rec(o, &res_fd_chardev, 0);
	const struct crfs_fd_dir *dir = image_rec(o, &res_fd_dir, 0);
	struct crfs_str none = { "", 0 };

	if (r)
		return put_reg(x, img, o->id, r->path, c->flags, c->pos, (const uint64_t *)&r->size, none);
	if (d || dir)
		return put_reg(x, img, o->id, d ? d->path : dir->path, c->flags, c->pos, NULL, none);
	return put_pipe(x, img, o, c);
}

int export_files(struct export *x)
{
	const struct export_path *p;
	struct img img;
	size_t i;
	int r = img_create(&img, x->dir, CRIU_FILES, &x->e, "files.img");

	for (i = 0; i < x->im->nr[IOBJ_FILE] && !r; i++)
		r = put_open(x, &img, &x->im->objs[IOBJ_FILE][i]);
	for (p = x->paths; p && !r; p = p->next)
		r = put_reg(x, &img, p->id, p->path, p->flags, 0, p->build_id.len ? &p->size : NULL, p->build_id);
	img_close(&img);
	return r;
}

int export_fds(struct export *x, const struct iobj *task)
{
	size_t i, n;
	const struct crfs_fd *v = image_recs(task, &res_fd_fds, 0, &n);
	Criu__Fd f = CRIU__FD__INIT;
	struct img img;
	int r = img_create(&img, x->dir, CRIU_FDINFO, &x->e, "fdinfo-%u.img", task->id);

	for (i = 0; i < n && !r; i++) {
		const struct iobj *o = image_obj(x->im, IOBJ_FILE, v[i].file);

		f.file = v[i].file;
		f.flags = v[i].cloexec;
		f.fd = v[i].fd;
		f.type = o && o->room == &res_fd_pipe ? CRIU_PIPE : CRIU_REG;
		r = o ? img_put(&img, &f, &x->e) : fail_on(&x->e, -ENOENT, task->path, "fds: file %u: there is no such",
							   v[i].file);
	}
	img_close(&img);
	return r;
}

static int put_data(struct export *x, struct img *img, const struct iobj *o)
{
	const struct crfs_inode_pipe *p = image_rec(o, &res_inode_pipe, 0);
	struct node *n = tree_find(x->im->tree, o->node, "data");
	Criu__Pipe pipe = CRIU__PIPE__INIT;
	char *buf = n && n->size ? malloc(n->size) : NULL;
	int r = 0;

	pipe.pipe = o->id;
	pipe.bytes = n ? n->size : 0;
	pipe.has_size = true;
	pipe.size = p->size;
	if (pipe.bytes && (!buf || node_pread(n, buf, n->size, 0) != n->size))
		r = fail_on(&x->e, -EIO, o->path, "read what is in it");
	if (!r)
		r = img_put(img, &pipe, &x->e);
	if (!r && pipe.bytes)
		r = img_write(img, buf, pipe.bytes, &x->e);
	free(buf);
	return r;
}

int export_pipes(struct export *x)
{
	struct img img;
	size_t i;
	int r = img_create(&img, x->dir, CRIU_PIPES, &x->e, "pipes-data.img");

	for (i = 0; i < x->im->nr[IOBJ_INODE] && !r; i++)
		if (x->im->objs[IOBJ_INODE][i].room == &res_inode_pipe)
			r = put_data(x, &img, &x->im->objs[IOBJ_INODE][i]);
	img_close(&img);
	return r;
}
