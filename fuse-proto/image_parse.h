/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What image_parse.c, image_text.c and image_files.c share. */
#ifndef CRFS_IMAGE_PARSE_H
#define CRFS_IMAGE_PARSE_H

#include <crfs/shape.h>

#include "image.h"
#include "resource.h"
#include "tree.h"

/** image_path() - of @n in the tree, for messages */
const char *image_path(struct image *im, const struct node *n);
/** image_unknown() - name @n as what does not belong where it is, unless it is nothing but directories */
void image_unknown(struct image *im, const struct node *n);
void image_no_memory(struct image *im, const struct node *n);

/**
 * image_copy() - the text of @n as a copy in the pool, which the reader may write to; NULL: named
 * image_text() - the same, but the text itself if nobody reads it again (im->spend)
 */
char *image_text(struct image *im, struct node *n);
char *image_copy(struct image *im, struct node *n);
/** image_section() - the next section: @nr records at @rec, in the pool. Return: 0, or for image_report() */
int image_section(struct image *im, struct crfs_reader *r, const struct crfs_shape *s, void **rec,
		  size_t *nr);
/** image_report() - name what @rc, if not 0, says that is wrong where @r stands in @n */
void image_report(struct image *im, struct node *n, const struct crfs_reader *r, int rc);

/** image_parse_file() - all of @n is the sections of @room, and of @o */
void image_parse_file(struct image *im, struct node *n, const struct resource *room, struct iobj *o);
/**
 * image_typed() - from @r on, @o: a section @common that says of which room the others are
 * Return: all of it was understood; else it is named
 */
bool image_typed(struct image *im, struct crfs_reader *r, struct node *n, struct iobj *o,
		 enum scope scope, const struct crfs_shape *common);
/** image_parse_typed() - all of @n is @o */
void image_parse_typed(struct image *im, struct node *n, struct iobj *o, enum scope scope,
		       const struct crfs_shape *common);

/** image_group_files() - from the list of the files in files/ make that of the descriptions in them */
void image_group_files(struct image *im);

#endif
