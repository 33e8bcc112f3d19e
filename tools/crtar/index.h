/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An archive of zstd frames with a seek table: where in it which member is. */
#ifndef CRTAR_INDEX_H
#define CRTAR_INDEX_H

#include <archive.h>

#include "source.h"

/** struct frame - where it begins, in the file and in what it is when it is not compressed */
struct frame {
	uint64_t at, from;
};

/**
 * struct index - the seek table
 * @frame: @nr of them, and one more: the end
 */
struct index {
	struct frame *frame;
	size_t nr;
};

/** index_read() - Return: the table of the file, NULL: it has none that is of it */
struct index *index_read(int fd, off_t size);
void index_free(struct index *x);

/** index_at() - the frame that begins at @from, 0: none (the first never counts) */
size_t index_at(const struct index *x, uint64_t from);

/** index_last() - the frame that the last member begins in, where those from @from to before it are extents */
size_t index_last(const struct index *x, size_t from);

/**
 * index_open() - open frames @i to before @end as an archive of its own
 * @buf: what it stands in, to be freed behind @a
 * Return: 0 or a negative errno
 */
int index_open(const struct index *x, int fd, size_t i, size_t end, struct archive **a, void **buf);

/** index_page_size() - how large an extent is that is alone in frame @i, 0: none is */
off_t index_page_size(const struct index *x, size_t i);

/**
 * index_page() - read the extent @n, of frame @i, into @buf, n->size bytes
 * Return: 0, or a negative errno: -EBADMSG: it is not there
 */
int index_page(const struct index *x, int fd, size_t i, const struct node *n, char *buf);

#endif
