/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of a record as the text of the tree has them, one by one. */
#ifndef CRTAR_FIELD_H
#define CRTAR_FIELD_H

#include "image.h"
#include "text.h"

/** struct fields - @v[i] is field i of the shape, printed; the bytes are in @text */
struct fields {
	struct text text;
	struct crfs_str *v;
	size_t nr;
};

int fields_of(const struct crfs_shape *s, const void *rec, struct fields *t);
void fields_free(struct fields *t);

/** field_find() - field @key of a shape, or NULL */
const struct crfs_field *field_find(const struct crfs_shape *s, const char *key);

/**
 * field_show() - field @key of the first section of @o's own file into @buf
 * Return: is there such, and does it say anything?
 */
bool field_show(const struct iobj *o, const char *key, char *buf, size_t size);

/** field_num() - the same of a number; 0 if there is none */
uint64_t field_num(const struct iobj *o, const char *key);

/** file_summary() - what an open file is, in a few words */
const char *file_summary(const struct iobj *file, char *buf, size_t size);

/** print_str() - bytes of the tree as text for people: what is not printable as \ooo */
size_t print_str(char *buf, size_t size, struct crfs_str s);

#endif
