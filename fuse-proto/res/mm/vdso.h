/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's code in a process, and the data it reads. */
#ifndef CRFS_RES_MM_VDSO_H
#define CRFS_RES_MM_VDSO_H

#include "mm.h"

/** struct vdso - ours: @image, @size bytes of it, with @vvar bytes of data before it */
struct vdso {
	const uint8_t *image;
	uint64_t size, vvar;
};

/** vdso_ours() - Return: 0, or -ENOENT if this machine has none */
int vdso_ours(struct vdso *v);

/** vdso_check() - name a vdso in @r that is not as the kernel makes it */
void vdso_check(struct snap *s, const struct mm *mm, const struct rows *r);

/** vdso_row() - the row of kind @kind, or NULL */
const struct crfs_vma *vdso_row(const struct crfs_vma *r, size_t nr, uint8_t kind);

/** vdso_accept() - can the vdso of @o be put back here? Names it if not */
void vdso_accept(struct image *im, const struct iobj *o, const struct crfs_vma *r, size_t nr);

/** vdso_make() - open what the tape needs. Return: 0 or a negative errno */
int vdso_make(struct restore *rs, struct mmdata *d);

/** vdso_put() - ops that map it, the first on an empty address space. Return: as above */
int vdso_put(struct restore *rs, struct mmdata *d, struct tape *tape);

#endif
