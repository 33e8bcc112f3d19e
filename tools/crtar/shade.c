// SPDX-License-Identifier: GPL-2.0-or-later
/* What every page of an address space is: where a checkpoint has it, or why it has not. */
#include "shade.h"

const struct shading shadings[NR_SHADES] = {
	[SHADE_DIRTY] = { "dirty", "#d7301f", "of a file, written since: differs from it" },
	[SHADE_ANON] = { "anon", "#fc8d59", "memory of its own" },
	[SHADE_COW] = { "cow", "#fdcc8a", "still the same as in the process it was forked from" },
	[SHADE_SHARED] = { "shared", "#2b8cbe", "shared memory, or a file without a name" },
	[SHADE_FILE] = { "file", "#bdbdbd", "as the file has it: not in the checkpoint" },
	[SHADE_NONE] = { "none", "#f0f0f0", "never written" },
};

uint64_t shade_run(struct imem *m, const struct iobj *mm, const struct crfs_vma *v, uint64_t at,
		   enum shade *shade)
{
	const struct iobj *of;
	struct node *n;
	off_t off;
	uint64_t end = imem_run(m, mm, at, &n, &off, &of);

	if (!n)
		*shade = v->kind == CRFS_VMA_FILE ? SHADE_FILE : SHADE_NONE;
	else if (of->kind == IOBJ_INODE)
		*shade = SHADE_SHARED;
	else if (of != mm)
		*shade = SHADE_COW;
	else
		*shade = v->kind == CRFS_VMA_FILE ? SHADE_DIRTY : SHADE_ANON;
	return end < v->end && end > at ? end : v->end;
}

void shade_add(struct imem *m, const struct iobj *mm, const struct crfs_vma *v, struct shades *s)
{
	uint64_t at, end;
	enum shade shade;

	for (at = v->start; at < v->end; at = end) {
		end = shade_run(m, mm, v, at, &shade);
		s->bytes[shade] += end - at;
	}
}

uint64_t shade_here(const struct shades *s)
{
	return s->bytes[SHADE_DIRTY] + s->bytes[SHADE_ANON] + s->bytes[SHADE_COW] + s->bytes[SHADE_SHARED];
}
