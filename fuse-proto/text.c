// SPDX-License-Identifier: GPL-2.0-or-later
/* A text of the tree while it is made: its buffer. */
#include <stdlib.h>

#include "text.h"

bool text_grow(struct text *t, size_t keep, size_t size)
{
	char *buf = realloc(t->w.buf, size);

	(void)keep;
	if (!buf)
		return false;
	t->w.buf = buf;
	t->w.size = size;
	return true;
}

char *text_take(struct text *t, size_t *len)
{
	char *buf = t->w.buf, *fits;

	if (!buf && !t->failed)
		buf = malloc(1);
	if (t->failed) {
		free(buf);
		buf = NULL;
	}
	*len = buf ? t->w.len : 0;
	fits = *len < t->w.size ? realloc(buf, *len + 1) : NULL;	/* it is kept, and there are many */
	if (fits)
		buf = fits;
	*t = (struct text){ .failed = false };
	return buf;
}

void text_free(struct text *t)
{
	free(t->w.buf);
	*t = (struct text){ .failed = false };
}
