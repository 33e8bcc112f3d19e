// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The image of the vdso: code that the kernel maps into every process, the same in all.
 *
 * It travels because a program holds addresses of its functions: under a kernel whose image
 * differs they must lead somewhere (res/mm/vdso.c). Read from our own process.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crfs/res/inode/vdso.h>

#include "res/mm/vdso.h"
#include "vdso.h"

#define IMAGE_MAX (1 << 20)

static ssize_t image_pread(struct node *n, void *buf, size_t size, off_t off)
{
	struct vdso v;
	int rc = vdso_ours(&v);

	if (rc)
		return rc;
	if (off < 0 || off >= n->size)
		return 0;
	if (size > (size_t)(n->size - off))
		size = n->size - off;
	memcpy(buf, v.image + off, size);
	return size;
}

static const struct payload_ops image_ops = { .pread = image_pread };

unsigned int vdso_inode(struct snap *s)
{
	struct inode *i = snap_inode(s, &res_inode_vdso, 0, 0, -1);

	return i ? i->id : 0;
}

static int vdso_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *i = obj;
	struct crfs_inode_vdso rec;
	struct vdso v;
	int rc = vdso_ours(&v);

	if (rc)
		return fail(s->err, rc, "our own vdso");
	rec = (struct crfs_inode_vdso){ .size = v.size, .vvar = v.vvar };
	text_section(out, &crfs_inode_vdso_shape);
	text_rec(out, &crfs_inode_vdso_shape, &rec);
	return tree_payload(s->tree, i->dir, "data", v.size, &image_ops, NULL, 0) ? 0 : -ENOMEM;
}

uint8_t *vdso_image(const struct iobj *o, uint64_t *size)
{
	struct node *n = o->node->child;
	uint8_t *p;
	ssize_t got;

	while (n && strcmp(n->name, "data"))
		n = n->next;
	if (!n || n->size <= 0 || n->size > IMAGE_MAX)
		return NULL;
	p = malloc(n->size);
	got = p ? node_pread(n, p, n->size, 0) : 0;
	if (got != n->size) {
		free(p);
		return NULL;
	}
	*size = n->size;
	return p;
}

static void vdso_inode_check(struct image *im, struct iobj *o)
{
	const struct crfs_inode_vdso *r = image_rec(o, &res_inode_vdso, 0);
	uint64_t size = 0;
	uint8_t *p = vdso_image(o, &size);

	if (!p || !r || r->size != size || size % 4096 || r->vvar % 4096)
		image_mismatch(im, -EINVAL, o->path, "data is not the image that status tells of");
	free(p);
}

static const struct crfs_shape *const shapes[] = { &crfs_inode_vdso_shape, NULL };
static const char *const payloads[] = { "data", NULL };

const struct resource res_inode_vdso = {
	.name = "vdso",
	.scope = PER_INODE,
	.shapes = shapes,
	.payloads = payloads,
	.read = vdso_read,
	.check = vdso_inode_check,
};
