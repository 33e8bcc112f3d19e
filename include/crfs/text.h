/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* A text of the tree while it is made: a crfs_writer whose buffer grows. */
#ifndef CRFS_TEXT_H
#define CRFS_TEXT_H

#include <crfs/digest.h>
#include <crfs/shape.h>

/**
 * struct text - the text so far; zeroed it is empty
 * @w: w.buf is text_grow()'s, w.len bytes are made
 * @failed: there was no memory; from then on adding does nothing
 */
struct text {
	struct crfs_writer w;
	bool failed;
};

void text_section(struct text *t, const struct crfs_shape *s);
void text_rec(struct text *t, const struct crfs_shape *s, const void *rec);

/** text_digest() - a line of a manifest. Return: 0, or -EINVAL for a path that cannot be in one */
int text_digest(struct text *t, const struct crfs_digest *d);

/** text_list() - append a number to a text that is nothing but the list of a CRFS_LIST field */
void text_list(struct text *t, __u64 value);

/** text_bytes() - append @n bytes as they are: lines that have no shape */
void text_bytes(struct text *t, const char *p, size_t n);

/** text_str() - the bytes so far, for a field; valid until the text is changed */
static inline struct crfs_str text_str(const struct text *t)
{
	return (struct crfs_str){ .p = t->w.buf, .len = t->w.len };
}

/* What each implementation has of its own, with its own allocator: */

/** text_grow() - make @t->w.buf @size bytes large, with the first @keep as they were. Return: was there memory? */
bool text_grow(struct text *t, size_t keep, size_t size);

/**
 * text_take() - hand over the buffer; the text is empty then
 * @t: the text
 * @len: bytes in it
 *
 * Return: to be freed by the caller; NULL if there was no memory for some of it (in the kernel also for no bytes)
 */
char *text_take(struct text *t, size_t *len);

/** text_free() - throw it away; the text is empty then */
void text_free(struct text *t);

#endif
