// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pipe or FIFO: size, owner, and the bytes in it, which are copied when the snapshot is taken:
 * holding an end of it would keep the other from seeing that it was closed.
 */
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pipe_fs_i.h>
#include <linux/slab.h>

#include <crfs/res/inode/pipe.h>

#include "internal.h"

/** struct content - what is in a pipe; @data: which goes with the snapshot, if nobody comes to take it */
struct content {
	struct crfs_inode_pipe rec;
	struct crfs_pipe_run *runs;
	size_t nr_runs, cap;
	struct text *data;
	int rc;
};

static int copy_buffer(struct snap *s, struct pipe_inode_info *pipe, struct pipe_buffer *buf,
		       struct content *c)
{
	struct crfs_pipe_run *runs = snap_grow(s, c->runs, c->nr_runs, &c->cap, sizeof(*runs));
	int rc = runs ? pipe_buf_confirm(pipe, buf) : -ENOMEM;
	void *p;

	if (rc)
		return rc;
	c->runs = runs;
	runs[c->nr_runs++] = (struct crfs_pipe_run){
		.len = buf->len, .packet = !!(buf->flags & PIPE_BUF_FLAG_PACKET),
	};
	p = kmap_local_page(buf->page);
	text_bytes(c->data, p + buf->offset, buf->len);
	kunmap_local(p);
	return c->data->failed ? -ENOMEM : 0;
}

static int copy(struct snap *s, struct pipe_inode_info *pipe, struct content *c)
{
	unsigned int mask, i;
	int rc = 0;

	pipe_lock(pipe);
	mask = pipe->ring_size - 1;
	c->rec.size = pipe->max_usage * PAGE_SIZE;
	for (i = pipe->tail; i != pipe->head && !rc; i++)
		if (pipe->bufs[i & mask].len)
			rc = copy_buffer(s, pipe, &pipe->bufs[i & mask], c);
	pipe_unlock(pipe);
	return rc;
}

static int fill(struct snap *s, struct cfile *f, struct content *c)
{
	struct pipe_inode_info *pipe = file_inode(f->file)->i_pipe;
	struct place p;
	int rc;

	if (!pipe)
		return -EIO;
	c->rec.mode = f->st.mode & 07777;
	c->rec.uid = from_kuid_munged(s->mi->cred->user_ns, f->st.uid);
	c->rec.gid = from_kgid_munged(s->mi->cred->user_ns, f->st.gid);
	rc = copy(s, pipe, c);
	if (rc || *f->link != '/')
		return rc;
	rc = file_place(s, f, &p);
	if (rc < 0)
		return rc;
	c->rec.path = p.path;
	c->rec.mnt_ns = p.mnt_ns;
	c->rec.unlinked = p.gone;
	return 0;
}

struct cinode *pipe_inode(struct snap *s, struct cfile *f)
{
	struct cinode *n = snap_inode(s, &res_inode_pipe, file_inode(f->file), NULL);
	struct content *c;
	int rc;

	if (!n || n->priv)
		return n ?: ERR_PTR(-ENOMEM);
	c = snap_alloc(s, sizeof(*c));
	if (c)
		c->data = snap_text(s);
	if (!c || !c->data)
		return ERR_PTR(-ENOMEM);
	n->priv = c;
	rc = fill(s, f, c);
	return rc ? ERR_PTR(rc) : n;
}

static int pipe_read(struct snap *s, void *obj, struct text *out)
{
	struct cinode *n = obj;
	struct content *c = n->priv;
	size_t i, len;
	char *data;

	text_section(out, &crfs_inode_pipe_shape);
	text_rec(out, &crfs_inode_pipe_shape, &c->rec);
	text_section(out, &crfs_pipe_run_shape);
	for (i = 0; i < c->nr_runs; i++)
		text_rec(out, &crfs_pipe_run_shape, &c->runs[i]);
	data = text_take(c->data, &len);
	return tree_text(s->tree, n->dir, "data", data, len) ? 0 : -ENOMEM;
}

const struct room res_inode_pipe = {
	.name = "pipe",
	.scope = PER_INODE,
	.read = pipe_read,
};
