// SPDX-License-Identifier: GPL-2.0-only
/* A text of the tree while it is made: its buffer. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

bool text_grow(struct text *t, size_t keep, size_t size)
{
	char *buf = kvmalloc(size, GFP_KERNEL_ACCOUNT);

	if (!buf)
		return false;
	if (keep)
		memcpy(buf, t->w.buf, keep);
	kvfree(t->w.buf);
	t->w.buf = buf;
	t->w.size = size;
	return true;
}

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
