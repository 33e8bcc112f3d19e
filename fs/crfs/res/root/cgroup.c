// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cgroups below the container's, and what is set in them.
 *
 * Through the cgroup filesystem, at the path that the mounter gave: every file of a cgroup
 * below that its owner may write and that keeps what was written. See
 * fuse-proto/res/root/cgroup.c.
 */
#include <linux/cgroup-defs.h>
#include <linux/fs.h>
#include <linux/kernfs.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include <crfs/res/root/cgroup.h>

#include "internal.h"

/* Files that are written to make something happen, or that list tasks. */
static const char *const verbs[] = {
	"cgroup.procs", "cgroup.threads", "cgroup.kill", "memory.reclaim", "tasks",
	"cgroup.event_control", "cgroup.pressure", "irq.pressure", "cpu.pressure", "memory.pressure",
	"io.pressure", "memory.peak", "memory.swap.peak", "notify_on_release",
};

struct names {
	struct dir_context ctx;
	struct snap *s;
	const char **v;
	size_t nr, cap;
	unsigned int type;
	int rc;
};

static bool add_name(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		     unsigned int type)
{
	struct names *l = container_of(ctx, struct names, ctx);
	const char **v;

	if (type != l->type || *name == '.')
		return true;
	v = snap_grow(l->s, l->v, l->nr, &l->cap, sizeof(*v));
	if (!v) {
		l->rc = -ENOMEM;
		return false;
	}
	l->v = v;
	l->v[l->nr] = snap_printf(l->s, "%.*s", len, name);
	if (!l->v[l->nr++])
		l->rc = -ENOMEM;
	return !l->rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of @type in a directory, sorted. */
static int list(struct snap *s, const char *path, unsigned int type, struct names *l)
{
	struct file *dir = filp_open(path, O_RDONLY | O_DIRECTORY, 0);
	int rc;

	*l = (struct names){ .ctx.actor = add_name, .s = s, .type = type };
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	rc = iterate_dir(dir, &l->ctx);
	fput(dir);
	if (!rc)
		rc = l->rc;
	sort(l->v, l->nr, sizeof(*l->v), by_name, NULL);
	return rc;
}

static bool setting(struct snap *s, const char *path, const char *name)
{
	struct path at;
	umode_t mode;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(name, verbs[i]))
			return false;
	if (snap_tried(s, kern_path(path, 0, &at)))
		return false;
	mode = d_inode(at.dentry)->i_mode;
	path_put(&at);
	return S_ISREG(mode) && (mode & 0600) == 0600;
}

static void emit_file(struct snap *s, const char *path, const char *sub, const char *name,
		      struct text *out)
{
	struct crfs_cgroup c = { .path = str_of(sub), .file = str_of(name) };
	struct text text = { .failed = false };
	const char *p, *end, *nl;

	if (snap_tried(s, read_whole(path, &text)) < 0)
		return;
	end = text.w.buf + text.w.len;
	for (p = text.w.buf; p && p < end; p = nl + 1) {
		nl = memchr(p, '\n', end - p) ?: end;
		c.value = (struct crfs_str){ p, nl - p };
		if (nl > p)
			text_rec(out, &crfs_cgroup_shape, &c);
	}
	text_done(&text, out);
}

/* Who is attached may go meanwhile: only whether. Those for devices are asked for apart. */
static bool has_programs(struct snap *s, const char *path, bool device)
{
	bool yes = false;
#ifdef CONFIG_CGROUP_BPF
	struct cgroup *cgrp;
	size_t i;

	if (snap_tried(s, cgroup_open(path, &cgrp)))
		return false;
	for (i = 0; i < ARRAY_SIZE(cgrp->bpf.progs); i++)
		yes |= (i == CGROUP_DEVICE) == device && !hlist_empty(&cgrp->bpf.progs[i]);
	cgroup_put(cgrp);
#endif
	return yes;
}

static void name_programs(struct snap *s, const char *sub, struct text *out)
{
	const char *path = snap_printf(s, "%s%s", s->mi->dir, sub);
	const struct crfs_cgroup c = { str_of(sub), str_of(CRFS_CGROUP_DEVICE), str_of("attached") };

	if (path && has_programs(s, path, false))
		snap_unsupported(s, -EOPNOTSUPP, "cgroup", "%s: BPF programs are attached to it, which cannot be carried: detach them",
				 sub);
	if (path && has_programs(s, path, true))
		text_rec(out, &crfs_cgroup_shape, &c);
}

static int walk(struct snap *s, const char *sub, int depth, struct text *out);

static int one(struct snap *s, const char *sub, int depth, struct text *out)
{
	struct crfs_cgroup c = { .path = str_of(sub) };
	struct names l;
	const char *path;
	size_t i;
	int rc = list(s, snap_printf(s, "%s%s", s->mi->dir, sub) ?: "", DT_REG, &l);

	if (rc)
		return rc;
	text_rec(out, &crfs_cgroup_shape, &c);
	name_programs(s, sub, out);
	for (i = 0; i < l.nr; i++) {
		path = snap_printf(s, "%s%s/%s", s->mi->dir, sub, l.v[i]);
		if (!path)
			return -ENOMEM;
		if (setting(s, path, l.v[i]))
			emit_file(s, path, sub, l.v[i], out);
	}
	return walk(s, sub, depth + 1, out);
}

/* In the order of names, so that the same cgroups give the same text. */
static int walk(struct snap *s, const char *sub, int depth, struct text *out)
{
	struct names l;
	const char *below;
	size_t i;
	int rc = list(s, snap_printf(s, "%s%s", s->mi->dir, sub) ?: "", DT_DIR, &l);

	if (depth > 32)		/* the stack is small */
		return -ELOOP;
	for (i = 0; i < l.nr && !rc; i++) {
		below = snap_printf(s, "%s/%s", sub, l.v[i]);
		rc = below ? one(s, below, depth, out) : -ENOMEM;
	}
	return rc;
}

static int cgroup_read(struct snap *s, void *obj, struct text *out)
{
	text_section(out, &crfs_cgroup_shape);
	return walk(s, "", 0, out);
}

const struct room res_root_cgroup = {
	.name = "cgroup",
	.scope = PER_ROOT,
	.read = cgroup_read,
};
