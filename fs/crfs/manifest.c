// SPDX-License-Identifier: GPL-2.0-only
/* The manifest: a digest of every file, in the form that xxhsum -c reads. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "read.h"

static int put_line(struct text *out, const struct cnode *n, char *buf)
{
	struct crfs_digest d = { .algorithm = CRFS_XXH64 };
	size_t at = tree_path(n, buf, PATH_MAX), len = out->w.len;
	int i, rc;

	d.path = str_of(buf + at);
	for (i = 0; i < 8; i++)
		d.digest[i] = n->digest >> (56 - 8 * i);
	rc = crfs_write_digest(&out->w, &d);
	if (rc || out->w.len <= out->w.size || !out->w.buf)
		return rc;
	out->w.len = len;
	return -ENOSPC;
}

/* Files in order, without the manifest. */
static struct cnode *next_file(struct gen *g, struct cnode *n)
{
	do
		n = tree_next(n);
	while (n && (n->kind == NODE_DIR || n == g->manifest));
	return n;
}

loff_t manifest_size(struct gen *g)
{
	struct text count = { .failed = false };
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct cnode *n;
	int rc = buf ? 0 : -ENOMEM;

	for (n = next_file(g, g->tree.root); n && !rc; n = next_file(g, n))
		rc = put_line(&count, n, buf);
	kfree(buf);
	return rc ? rc : count.w.len;
}

static int make(struct gen *g, char *buf, void *piece, struct text *out)
{
	struct cnode *n;
	int rc = 0;

	for (n = next_file(g, g->tree.root); n && !rc; n = next_file(g, n)) {
		rc = digest_now(n, piece);
		if (!rc)
			rc = put_line(out, n, buf);
	}
	if (!rc && !gen_valid_all(g))
		rc = -ESTALE;
	return rc || out->w.len == g->manifest->size ? rc : -EIO;
}

static bool no_obstacle(const struct gen *g)
{
	const struct cnode *n = tree_find((struct tree *)&g->tree, g->tree.root, CRFS_UNSUPPORTED,
					 strlen(CRFS_UNSUPPORTED));

	return n && n->size <= (g->mi->lossy ? g->snap.lost.w.len : 0);
}

/**
 * manifest_make() - the text of the manifest, once for a generation
 * @g: the generation
 *
 * Return: 0; -EOPNOTSUPP if there is an obstacle; another error
 */
int manifest_make(struct gen *g)
{
	struct text out = { .failed = false };
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	void *piece = kvmalloc(DIGEST_PIECE, GFP_KERNEL);
	int rc = buf && piece ? 0 : -ENOMEM;

	mutex_lock(&g->manifest_lock);
	if (!rc && !g->manifest->text) {
		rc = no_obstacle(g) ? 0 : -EOPNOTSUPP;
		out.w.buf = rc ? NULL : kvmalloc(g->manifest->size + 1, GFP_KERNEL_ACCOUNT);
		out.w.size = g->manifest->size;
		if (!rc && !out.w.buf)
			rc = -ENOMEM;
		if (!rc)
			rc = make(g, buf, piece, &out);
		if (!rc)
			g->manifest->text = out.w.buf;
		else
			kvfree(out.w.buf);
	}
	mutex_unlock(&g->manifest_lock);
	kvfree(piece);
	kfree(buf);
	return rc;
}
