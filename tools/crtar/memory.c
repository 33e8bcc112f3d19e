// SPDX-License-Identifier: GPL-2.0-or-later
/* Which memory of an archive is kept as it goes by, for those who look at some of it. */
#include <stdlib.h>
#include <string.h>

#include <crfs/extent.h>

#include "lib/text.h"
#include "memory.h"

bool memory_keep_pages(struct source *s, struct node *n)
{
	(void)s;
	return n->parent && !strcmp(n->parent->name, "pages");
}

/* Where the arguments are says the status, which stands before the extents if it is a copy of a mount. */
bool memory_keep_args(struct source *s, struct node *n)
{
	struct node *dir = n->parent, *status;
	uint64_t at = strtoull(n->name, NULL, 16);
	struct crfs_mm_status st = { .mnt_ns = 0 };
	struct crfs_reader r;
	bool keep = false;
	char *text;

	if (!memory_keep_pages(s, n) || !dir->parent)
		return false;
	status = tree_find(s->tree, dir->parent, "status");
	text = status && status->kind == NODE_TEXT && status->size ? malloc(status->size) : NULL;
	if (!text)
		return false;
	memcpy(text, status->text, status->size);
	crfs_reader_init(&r, text, status->size);
	if (!crfs_read_section(&r, &crfs_mm_status_shape) &&
	    crfs_read_rec(&r, &crfs_mm_status_shape, &st) > 0)
		keep = at < st.arg_end && at + CRFS_EXTENT_SIZE > st.arg_start;
	free(text);
	return keep;
}
