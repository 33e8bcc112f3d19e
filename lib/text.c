// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Records as sections of text: the one printer and the one parser; it accepts what is printed. */
#include "text.h"

/**
 * crfs_write_section() - begin a section: the empty line before it, the keys of rows
 * @w: the text
 * @s: the look of the records that follow
 */
void crfs_write_section(struct crfs_writer *w, const struct crfs_shape *s)
{
	__u16 i;

	if (w->len)
		crfs_put_char(w, '\n');
	for (i = 0; s->layout == CRFS_ROWS && i < s->nr; i++) {
		crfs_put(w, s->fields[i].key, strlen(s->fields[i].key));
		crfs_put_char(w, i + 1 < s->nr ? ' ' : '\n');
	}
}

/**
 * crfs_write_rec() - print one record
 * @w: the text
 * @s: the look given to crfs_write_section()
 * @rec: the struct that @s describes
 *
 * Lists are printed as they are, so their bytes must come from crfs_list_add(). A block takes one
 * record.
 */
void crfs_write_rec(struct crfs_writer *w, const struct crfs_shape *s, const void *rec)
{
	const struct crfs_field *f = s->fields, *end = f + s->nr;

	for (; f < end; f++) {
		if (s->layout == CRFS_BLOCK) {
			crfs_put(w, f->key, strlen(f->key));
			crfs_put_char(w, ' ');
		}
		crfs_values[f->type].put(w, f, rec);
		crfs_put_char(w, s->layout == CRFS_BLOCK || f + 1 == end ? '\n' : ' ');
	}
}

/**
 * crfs_reader_init() - begin to parse
 * @r: the reader
 * @text: one file; it is used up: strings are unescaped and bad keys are ended by NUL in it
 * @len: its length in bytes
 */
void crfs_reader_init(struct crfs_reader *r, char *text, size_t len)
{
	*r = (struct crfs_reader){ .p = text, .end = text + len, .line = 1 };
}

static int refuse(struct crfs_reader *r, const char *key, const char *why)
{
	r->key = key;
	r->why = why;
	return -EINVAL;
}

/* Length of the token at r->p: up to a blank, the line's end or the text's. */
static size_t token(const struct crfs_reader *r)
{
	const char *p = r->p;

	while (p < r->end && *p != ' ' && *p != '\n')
		p++;
	return p - r->p;
}

static bool at_end(const struct crfs_reader *r)
{
	return r->p == r->end || *r->p == '\n';
}

static bool is_key(const struct crfs_field *f, const char *p, size_t n)
{
	return strlen(f->key) == n && !memcmp(f->key, p, n);
}

/* A key as bytes of the text, if it looks like one and can be shown. */
static const char *shown(const struct crfs_reader *r, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (r->p[i] != '_' && !(r->p[i] >= 'a' && r->p[i] <= 'z') &&
		    !(r->p[i] >= '0' && r->p[i] <= '9'))
			return NULL;
	r->p[n] = '\0';
	return r->p;
}

/* Reads key @i of the table and the byte behind it, which must be @sep. */
static int read_key(struct crfs_reader *r, const struct crfs_shape *s, __u16 i, char sep)
{
	size_t n = token(r);
	__u16 j;

	if (at_end(r))
		return refuse(r, s->fields[i].key, "missing key");
	if (r->p + n == r->end)
		return refuse(r, NULL, "no newline at the end");
	if (!is_key(&s->fields[i], r->p, n)) {
		for (j = 0; j < s->nr; j++)
			if (is_key(&s->fields[j], r->p, n))
				return j < i ? refuse(r, s->fields[j].key, "repeated key") :
					       refuse(r, s->fields[i].key, "missing key");
		return refuse(r, n ? shown(r, n) : NULL, "unknown key");
	}
	if (r->p[n] != sep) {
		if (s->layout == CRFS_BLOCK)
			return refuse(r, s->fields[i].key, "missing value");
		return sep == ' ' ? refuse(r, s->fields[i + 1].key, "missing key") :
				    refuse(r, NULL, "more keys than known");
	}
	r->p += n + 1;
	return 0;
}

/* Does the line with the keys end with key @i, since the tree is older than the next one? */
static bool is_older(const struct crfs_reader *r, const struct crfs_shape *s, __u16 i)
{
	size_t n = token(r);

	return i + 1 < s->nr && s->fields[i + 1].later && is_key(&s->fields[i], r->p, n) &&
	       r->p + n < r->end && r->p[n] == '\n';
}

static int read_value(struct crfs_reader *r, const struct crfs_field *f, char sep, void *rec)
{
	size_t n = token(r);
	const char *why;

	if (r->p + n == r->end)
		return refuse(r, f->key, "no newline at the end");
	if (!n)
		return refuse(r, f->key, *r->p == ' ' ? "more than one blank" : "missing value");
	if (r->p[n] != sep)
		return refuse(r, f->key, sep == ' ' ? "fewer values than keys" :
						      "something behind the last value");
	why = crfs_values[f->type].get(f, r->p, n, rec);
	if (why)
		return refuse(r, f->key, why);
	r->p += n + 1;
	return 0;
}

/**
 * crfs_read_section() - begin a section: the empty line before it, the keys of rows
 * @r: the reader
 * @s: the look of the records that must follow
 *
 * Return: 0, or -EINVAL with r->why, r->key and r->line
 */
int crfs_read_section(struct crfs_reader *r, const struct crfs_shape *s)
{
	__u16 i;
	int err;

	if (r->started) {
		if (r->p == r->end)
			return refuse(r, NULL, "missing section");
		if (*r->p != '\n')
			return refuse(r, NULL, "more lines than the section has");
		r->p++;
		r->line++;
	}
	r->started = true;
	r->done = false;
	r->columns = s->nr;
	if (s->layout == CRFS_BLOCK)
		return 0;
	for (i = 0; i < r->columns; i++) {
		if (is_older(r, s, i))
			r->columns = i + 1;
		err = read_key(r, s, i, i + 1 < r->columns ? ' ' : '\n');
		if (err)
			return err;
	}
	r->line++;
	return 0;
}

/**
 * crfs_read_rec() - parse the next record of the section
 * @r: the reader
 * @s: the look given to crfs_read_section()
 * @rec: the struct; only what @s lists is set, and not all of that on failure
 *
 * Return: 1, or 0 at the section's end, or -EINVAL with r->why, r->key and r->line
 */
int crfs_read_rec(struct crfs_reader *r, const struct crfs_shape *s, void *rec)
{
	bool block = s->layout == CRFS_BLOCK;
	__u16 i;
	int err = 0;

	if ((r->done || !block) && at_end(r))
		return 0;
	if (r->done)
		return refuse(r, NULL, "more lines than the section has");
	for (i = 0; i < r->columns && !err; i++) {
		if (block)
			err = read_key(r, s, i, ' ');
		if (!err)
			err = read_value(r, &s->fields[i], block || i + 1 == r->columns ? '\n' : ' ',
					 rec);
		if (!err && (block || i + 1 == r->columns))
			r->line++;
	}
	if (err)
		return err;
	for (; i < s->nr; i++)
		memset((char *)rec + s->fields[i].offset, 0, s->fields[i].size);
	r->done = block;
	return 1;
}

/**
 * crfs_read_end() - is everything parsed?
 * @r: the reader, after the last section's last record
 *
 * Return: 0, or -EINVAL with r->why and r->line
 */
int crfs_read_end(struct crfs_reader *r)
{
	return r->p == r->end ? 0 : refuse(r, NULL, "more than the file's sections");
}
