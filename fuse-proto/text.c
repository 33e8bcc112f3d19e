// SPDX-License-Identifier: GPL-2.0-or-later
/* A text of the tree while it is made: a crfs_writer whose buffer grows. */
#include <stdlib.h>

#include "text.h"

#define FIRST_SIZE 512

/*
 * After something was added from @len on: true if it did not fit, and is to be added again, for
 * which there is room now.
 */
static bool again(struct text *t, size_t len)
{
	size_t size = t->w.size ? 2 * t->w.size : FIRST_SIZE;
	char *buf;

	if (t->w.len <= t->w.size)
		return false;
	if (size < t->w.len)
		size = t->w.len;
	buf = realloc(t->w.buf, size);
	t->w.len = len;
	if (!buf) {
		t->failed = true;
		return false;
	}
	t->w.buf = buf;
	t->w.size = size;
	return true;
}

void text_section(struct text *t, const struct crfs_shape *s)
{
	size_t len = t->w.len;

	if (t->failed)
		return;
	do
		crfs_write_section(&t->w, s);
	while (again(t, len));
}

void text_rec(struct text *t, const struct crfs_shape *s, const void *rec)
{
	size_t len = t->w.len;

	if (t->failed)
		return;
	do
		crfs_write_rec(&t->w, s, rec);
	while (again(t, len));
}

int text_digest(struct text *t, const struct crfs_digest *d)
{
	size_t len = t->w.len;
	int err = 0;

	if (t->failed)
		return 0;
	do
		err = crfs_write_digest(&t->w, d);
	while (again(t, len));
	return err;
}

void text_list(struct text *t, uint64_t value)
{
	size_t len = t->w.len;

	if (t->failed)
		return;
	do
		crfs_list_add(&t->w, value);
	while (again(t, len));
}

struct crfs_str text_str(const struct text *t)
{
	return (struct crfs_str){ .p = t->w.buf, .len = t->w.len };
}

char *text_take(struct text *t, size_t *len)
{
	char *buf = t->w.buf;

	if (!buf && !t->failed)
		buf = malloc(1);
	if (t->failed) {
		free(buf);
		buf = NULL;
	}
	*len = buf ? t->w.len : 0;
	*t = (struct text){ .failed = false };
	return buf;
}

void text_free(struct text *t)
{
	free(t->w.buf);
	*t = (struct text){ .failed = false };
}
