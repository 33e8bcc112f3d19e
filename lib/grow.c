// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A text of the tree while it is made: what is added, and added again if it did not fit. */
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif
#include <crfs/text.h>

#define FIRST_SIZE 512

/*
 * After something was added from @len on: true if it did not fit, and is to be added again, for
 * which there is room now.
 */
static bool again(struct text *t, size_t len)
{
	size_t size = t->w.size ? 2 * t->w.size : FIRST_SIZE;

	if (t->w.len <= t->w.size)
		return false;
	if (size < t->w.len)
		size = t->w.len;
	t->w.len = len;
	t->failed = !text_grow(t, len, size);
	return !t->failed;
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

void text_list(struct text *t, __u64 value)
{
	size_t len = t->w.len;

	if (t->failed)
		return;
	do
		crfs_list_add(&t->w, value);
	while (again(t, len));
}

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
