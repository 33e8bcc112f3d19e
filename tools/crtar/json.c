// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON being printed: the commas and quotes. */
#include <stdio.h>
#include <string.h>

#include "field.h"
#include "json.h"

static void next(struct json *j, const char *key)
{
	if (j->some[j->depth])
		putchar(',');
	if (j->depth == 1 || (j->some[j->depth] && j->depth < 2))
		putchar('\n');
	j->some[j->depth] = true;
	if (key)
		printf("\"%s\":", key);
}

void json_open(struct json *j, const char *key, char what)
{
	next(j, key);
	putchar(what);
	if (j->depth + 1 < JSON_DEPTH)
		j->depth++;
	j->some[j->depth] = false;
}

void json_close(struct json *j, char what)
{
	if (j->depth)
		j->depth--;
	putchar(what);
	if (!j->depth)
		putchar('\n');
}

/* Length of a well-formed character of UTF-8 at @p, 0: there is none */
static size_t utf8(const unsigned char *p, size_t n)
{
	size_t len = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 :
		     *p >= 0xf0 && *p < 0xf5 ? 4 : 0, i;

	if (len > n)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] >= 0x90))
		return 0;
	return len;
}

/* Bytes that are no text stand as the characters of that number. */
void json_str(struct json *j, const char *key, const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + n;
	size_t len;

	next(j, key);
	putchar('"');
	for (; p < end; p += len ? len : 1) {
		len = utf8(p, end - p);
		if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f || !len)
			printf("\\u%04x", *p);
		else
			fwrite(p, 1, len, stdout);
	}
	putchar('"');
}

void json_plain(struct json *j, const char *key, const char *p, size_t n)
{
	next(j, key);
	fwrite(p, 1, n, stdout);
}

/* "a,b,c" as an array; numbers where they are all decimal */
static void set(struct json *j, const struct crfs_field *f, const char *p, size_t n)
{
	size_t len;

	json_open(j, f->key, '[');
	if (n != 1 || *p != '-') {
		for (; n; p += len, n -= len) {
			for (len = 0; len < n && p[len] != ','; len++)
				;
			if (f->type == CRFS_LIST)
				json_plain(j, NULL, p, len);
			else
				json_str(j, NULL, p, len);
			len += len < n;
		}
	}
	json_close(j, ']');
}

void json_rec(struct json *j, const struct crfs_shape *s, const void *rec)
{
	const struct crfs_field *f;
	struct crfs_str str;
	struct fields t;
	size_t i;

	if (fields_of(s, rec, &t) < 0)
		return;
	for (i = 0; i < t.nr; i++) {
		f = &s->fields[i];
		if (f->type == CRFS_STR) {
			memcpy(&str, (const char *)rec + f->offset, sizeof(str));
			json_str(j, f->key, str.p, str.len);
		} else if (f->type == CRFS_DEC || f->type == CRFS_INT) {
			json_plain(j, f->key, t.v[i].p, t.v[i].len);
		} else if (f->type == CRFS_FLAGS || f->type == CRFS_LIST) {
			set(j, f, t.v[i].p, t.v[i].len);
		} else {
			json_str(j, f->key, t.v[i].p, t.v[i].len);
		}
	}
	fields_free(&t);
}

/* "ERRNO object: text"; without an object: "ERRNO text" */
static void reason(struct json *j, const char *p, size_t len)
{
	const char *end = p + len, *name = memchr(p, ' ', len), *colon;

	name = name ? name : end;
	json_open(j, NULL, '{');
	json_str(j, "errno", p, name - p);
	p = name + (name < end);
	colon = memmem(p, end - p, ": ", 2);
	if (colon && !memchr(p, ' ', colon - p)) {
		json_str(j, "object", p, colon - p);
		p = colon + 2;
	}
	json_str(j, "text", p, end - p);
	json_close(j, '}');
}

void json_reasons(struct json *j, const struct errlist *why)
{
	const char *p = why->text ? why->text : "", *nl;

	json_open(j, "reasons", '[');
	for (; *p; p = nl + !!*nl) {
		nl = strchrnul(p, '\n');
		reason(j, p, nl - p);
	}
	json_close(j, ']');
}
