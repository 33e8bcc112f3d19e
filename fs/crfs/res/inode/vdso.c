// SPDX-License-Identifier: GPL-2.0-only
/* The image of the vdso: code that the kernel maps into every process, the same in all. */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <asm/vdso.h>

#include <crfs/res/inode/vdso.h>

#include "internal.h"

u32 vdso_inode(struct snap *s)
{
	struct cinode *i = snap_inode(s, &res_inode_vdso, &res_inode_vdso, NULL);

	return i ? i->id : 0;
}

/* The kernel's own copy, which no task can write to. */
static const struct vdso_image *image_of(const struct snap *s)
{
	const struct vdso_image *image = NULL;
	struct mm_struct *mm;
	size_t i;

	for (i = 0; i < s->nr_mms && !image; i++) {
		mm = cmm_get(s->mms[i]);
		if (!mm)
			continue;
		image = mm->context.vdso_image;
		mmput(mm);
	}
	return image;
}

static int vdso_read(struct snap *s, void *obj, struct text *out)
{
	const struct vdso_image *image = image_of(s);
	struct crfs_inode_vdso rec;
	struct cinode *i = obj;
	char *copy;

	if (!image)
		return -ENOENT;
	rec = (struct crfs_inode_vdso){ .size = image->size, .vvar = -image->sym_vvar_start };
	text_section(out, &crfs_inode_vdso_shape);
	text_rec(out, &crfs_inode_vdso_shape, &rec);
	copy = kvmalloc(image->size, GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, image->data, image->size);
	return tree_text(s->tree, i->dir, "data", copy, image->size) ? 0 : -ENOMEM;
}

const struct room res_inode_vdso = {
	.name = "vdso",
	.scope = PER_INODE,
	.read = vdso_read,
};
