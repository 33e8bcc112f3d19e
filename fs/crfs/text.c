// SPDX-License-Identifier: GPL-2.0-only
/* A text of the tree while it is made: a crfs_writer whose buffer grows. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

#define FIRST_SIZE 256

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
	buf = kvmalloc(size, GFP_KERNEL_ACCOUNT);
	t->w.len = len;
	if (!buf) {
		t->failed = true;
		return false;
	}
	if (len)
		memcpy(buf, t->w.buf, len);
	kvfree(t->w.buf);
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

void text_list(struct text *t, u64 value)
{
	size_t len = t->w.len;

	if (t->failed)
		return;
	do
		crfs_list_add(&t->w, value);
	while (again(t, len));
}

/* As it is: lines that have no shape, and bytes. */
void text_bytes(struct text *t, const char *p, size_t n)
{
	size_t len = t->w.len;

	if (t->failed)
		return;
	do {
		if (len + n <= t->w.size)
			memcpy(t->w.buf + len, p, n);
		t->w.len += n;
	} while (again(t, len));
}

/* The bytes are the caller's, to be freed with kvfree(); NULL: no memory, or nothing. */
char *text_take(struct text *t, size_t *len)
{
	char *buf = t->w.buf;

	if (t->failed) {
		kvfree(buf);
		buf = NULL;
	}
	*len = buf ? t->w.len : 0;
	*t = (struct text){ .failed = false };
	return buf;
}

/* @t, which was for a line of @out, is not wanted any more; if it is not whole, neither is @out. */
void text_done(struct text *t, struct text *out)
{
	out->failed |= t->failed;
	text_free(t);
}

void text_free(struct text *t)
{
	kvfree(t->w.buf);
	*t = (struct text){ .failed = false };
}
