// SPDX-License-Identifier: GPL-2.0-or-later
/* The fields of a record as the text of the tree has them, one by one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "resource.h"

/* Values hold no blank, so one record as a row comes apart again. */
int fields_of(const struct crfs_shape *s, const void *rec, struct fields *t)
{
	struct crfs_shape row = *s;
	char *p, *end;
	size_t i;

	*t = (struct fields){ .nr = s->nr, .v = calloc(s->nr + 1, sizeof(*t->v)) };
	row.layout = CRFS_ROWS;
	text_rec(&t->text, &row, rec);
	if (!t->v || text_failed(&t->text)) {
		fields_free(t);
		return -ENOMEM;
	}
	p = t->text.w.buf;
	end = p + t->text.w.len;
	for (i = 0; i < t->nr && p < end; i++) {
		t->v[i].p = p;
		while (p < end && *p != ' ' && *p != '\n')
			p++;
		t->v[i].len = p - t->v[i].p;
		p++;
	}
	return 0;
}

void fields_free(struct fields *t)
{
	text_free(&t->text);
	free(t->v);
	*t = (struct fields){ .nr = 0 };
}

const struct crfs_field *field_find(const struct crfs_shape *s, const char *key)
{
	size_t i;

	for (i = 0; s && i < s->nr; i++)
		if (!strcmp(s->fields[i].key, key))
			return &s->fields[i];
	return NULL;
}

static const void *first_rec(const struct iobj *o, const struct crfs_shape **s)
{
	*s = o->room && o->room->shapes ? o->room->shapes[0] : NULL;
	return *s ? image_rec(o, o->room, 0) : NULL;
}

bool field_show(const struct iobj *o, const char *key, char *buf, size_t size)
{
	const struct crfs_shape *s;
	const void *rec = first_rec(o, &s);
	const struct crfs_field *f = rec ? field_find(s, key) : NULL;
	struct fields t;

	*buf = '\0';
	if (!f || fields_of(s, rec, &t) < 0)
		return false;
	snprintf(buf, size, "%.*s", (int)t.v[f - s->fields].len, t.v[f - s->fields].p);
	fields_free(&t);
	return strcmp(buf, "-");
}

uint64_t field_num(const struct iobj *o, const char *key)
{
	char text[32];

	return field_show(o, key, text, sizeof(text)) ? strtoull(text, NULL, 0) : 0;
}

/* The path if it has one, else what its first lines say. */
const char *file_summary(const struct iobj *o, char *buf, size_t size)
{
	const struct crfs_shape *s;
	const void *rec = first_rec(o, &s);
	struct fields t;
	size_t i, len = 0;

	if (field_show(o, "path", buf, size))
		return buf;
	*buf = '\0';
	if (!rec || s->layout != CRFS_BLOCK || fields_of(s, rec, &t) < 0)
		return buf;
	for (i = 0; i < t.nr && i < 6 && len + 1 < size; i++)
		if (t.v[i].len != 1 || *t.v[i].p != '-')
			len += snprintf(buf + len, size - len, "%s%s=%.*s", len ? " " : "",
					s->fields[i].key, (int)t.v[i].len, t.v[i].p);
	fields_free(&t);
	return buf;
}

size_t print_str(char *buf, size_t size, struct crfs_str s)
{
	size_t i, len = 0;
	unsigned char c;

	*buf = '\0';
	for (i = 0; i < s.len && len + 5 < size; i++) {
		c = s.p[i];
		if (c < ' ' || c == 0x7f || c == '\\')
			len += snprintf(buf + len, size - len, "\\%03o", c);
		else
			buf[len++] = c;
	}
	buf[len] = '\0';
	return len;
}
