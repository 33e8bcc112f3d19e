// SPDX-License-Identifier: GPL-2.0-or-later
/* files/ of a staged tree: descriptions that have a file each, and those that stand in groups. */
#include <errno.h>

#include <crfs/format.h>
#include <crfs/res/fd/common.h>

#include "image_parse.h"
#include "resource.h"

/* The head of the next description in group @n, which must be behind @last. Return: its id, 0: refused */
static __u32 group_id(struct image *im, struct crfs_reader *r, struct node *n, __u32 first, __u32 last)
{
	struct crfs_file_id *id = NULL;
	void *rec = NULL;
	size_t nr;
	int rc = image_section(im, r, &crfs_file_id_shape, &rec, &nr);

	if (rc) {
		image_report(im, n, r, rc);
		return 0;
	}
	id = rec;
	if (crfs_file_node(id->file) != first || id->file < first)
		image_mismatch(im, -EINVAL, image_path(im, n), "line %u: file %u: here are %u to %u: " IMAGE_MEND,
			       r->line - 1, id->file, first, first + CRFS_FILE_GROUP - 1);
	else if (id->file <= last)
		image_mismatch(im, -EINVAL, image_path(im, n), "line %u: file %u stands behind %u: " IMAGE_MEND,
			       r->line - 1, id->file, last);
	else
		return id->file;
	return 0;
}

/* Descriptions that stand in one file: objects behind those of @im that there are. */
static void parse_group(struct image *im, const struct iobj *group)
{
	struct iobj *o;
	struct crfs_reader r;
	char *text = image_text(im, group->node);
	__u32 id = 0;

	if (!text)
		return;
	crfs_reader_init(&r, text, group->node->size);
	do {
		id = group_id(im, &r, group->node, group->id, id);
		if (!id)
			return;
		o = &im->objs[IOBJ_FILE][im->nr[IOBJ_FILE]++];
		*o = (struct iobj){ .kind = IOBJ_FILE, .id = id, .node = group->node, .fd = -1 };
		o->path = pool_printf(&im->pool, CRFS_FILES "/%u", id) ?: group->path;
	} while (image_typed(im, &r, group->node, o, PER_FILE, &crfs_file_shape) && r.p != r.end);
}

/* What list_objs() has found are files of the tree: most descriptions have one, others stand in groups. */
void image_group_files(struct image *im)
{
	const struct iobj *listed = im->objs[IOBJ_FILE];
	const size_t nr = im->nr[IOBJ_FILE];
	size_t i, most = 0;
	struct iobj *o;

	for (i = 0; i < nr; i++)
		most += listed[i].id < CRFS_FILE_GROUPED ? 1 : CRFS_FILE_GROUP;
	im->nr[IOBJ_FILE] = 0;
	im->objs[IOBJ_FILE] = pool_alloc(&im->pool, most * sizeof(*o));
	for (i = 0; i < nr && im->objs[IOBJ_FILE]; i++) {
		if (crfs_file_node(listed[i].id) != listed[i].id) {
			image_mismatch(im, -EINVAL, listed[i].path, "it must stand in " CRFS_FILES "/%u: " IMAGE_MEND,
				       crfs_file_node(listed[i].id));
		} else if (listed[i].id >= CRFS_FILE_GROUPED) {
			parse_group(im, &listed[i]);
		} else {
			o = &im->objs[IOBJ_FILE][im->nr[IOBJ_FILE]++];
			*o = listed[i];
			image_parse_typed(im, o->node, o, PER_FILE, &crfs_file_shape);
		}
	}
	if (!im->objs[IOBJ_FILE])
		image_mismatch(im, -ENOMEM, CRFS_FILES, "no memory to read it: free some");
}
