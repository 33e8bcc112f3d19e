/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text of the tree while it is made: a crfs_writer whose buffer grows. */
#ifndef CRFS_TEXT_H
#define CRFS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <crfs/digest.h>
#include <crfs/shape.h>

/**
 * struct text - the text so far; zeroed it is empty
 * @w: w.buf is malloc'ed, w.len bytes are made
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
void text_list(struct text *t, uint64_t value);

/** text_str() - the bytes so far, for a field; valid until the text is changed */
struct crfs_str text_str(const struct text *t);

static inline bool text_failed(const struct text *t)
{
	return t->failed;
}

/**
 * text_take() - hand over the buffer; the text is empty then
 * @t: the text
 * @len: bytes in it
 *
 * Return: malloc'ed, also for no bytes; NULL if there was no memory for some of it
 */
char *text_take(struct text *t, size_t *len);

/** text_free() - throw it away; the text is empty then */
void text_free(struct text *t);

#endif
