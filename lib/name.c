// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Values that have names: one of a table, or a set of bits. */
#include "text.h"

/* Tables may hold -1 as well as 0xffffffff: a value is compared both ways. */
static const struct crfs_name *name_of(const struct crfs_field *f, __u64 v)
{
	const struct crfs_name *n;

	for (n = f->names; n && n->name; n++)
		if (n->value == v || n->value == crfs_sign_extend(f, v))
			return n;
	return NULL;
}

static const struct crfs_name *name_find(const struct crfs_name *n, const char *p, size_t len)
{
	for (; n && n->name; n++)
		if (strlen(n->name) == len && !memcmp(n->name, p, len))
			return n;
	return NULL;
}

void crfs_name_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec)
{
	const struct crfs_name *n = name_of(f, crfs_load(f, rec));

	if (n)
		crfs_put(w, n->name, strlen(n->name));
	else
		crfs_int_put(w, f, rec);
}

const char *crfs_name_get(const struct crfs_field *f, char *p, size_t n, void *rec)
{
	const struct crfs_name *m = name_find(f->names, p, n);

	if (m)
		crfs_store(f, rec, m->value);
	else if (crfs_int_get(f, p, n, rec))
		return "neither a known name nor a decimal number of the field's range";
	if (name_of(f, crfs_load(f, rec)) != m)
		return "written otherwise than the table of names does";
	return NULL;
}

/* The next name in printing @rest, in table order; a mask counts if all its bits are set. */
static const char *flag_next(const struct crfs_name **n, __u64 *rest)
{
	for (; *n && (*n)->name; (*n)++) {
		__u64 mask = (*n)->value;

		if (mask && (*rest & mask) == mask) {
			*rest &= ~mask;
			return (*n)++->name;
		}
	}
	return NULL;
}

void crfs_flags_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec)
{
	const struct crfs_name *n = f->names;
	__u64 rest = crfs_load(f, rec);
	const char *name, *comma = "";

	if (!rest)
		crfs_put_char(w, '-');
	while ((name = flag_next(&n, &rest))) {
		crfs_put(w, comma, strlen(comma));
		crfs_put(w, name, strlen(name));
		comma = ",";
	}
	if (rest) {
		crfs_put(w, comma, strlen(comma));
		crfs_put(w, "0x", 2);
		crfs_put_num(w, rest, 16);
	}
}

/* Would crfs_flags_put() print @v as these bytes? */
static bool flags_same(const struct crfs_field *f, __u64 v, const char *p, const char *end)
{
	const struct crfs_name *n = f->names;
	const char *e, *name;
	__u64 rest = v, last;

	for (; p <= end; p = e + 1) {
		e = crfs_comma(p, end);
		name = flag_next(&n, &rest);
		if (!name)
			return e == end && crfs_hex(p, e - p, &last) && last == rest && rest;
		if (strlen(name) != (size_t)(e - p) || memcmp(name, p, e - p))
			return false;
	}
	return !rest;
}

const char *crfs_flags_get(const struct crfs_field *f, char *p, size_t n, void *rec)
{
	const char *end = p + n, *e, *q = p;
	__u64 v = 0, bits;

	if (n == 1 && *p == '-') {
		crfs_store(f, rec, 0);
		return NULL;
	}
	for (; q <= end; q = e + 1) {
		const struct crfs_name *m;

		e = crfs_comma(q, end);
		m = name_find(f->names, q, e - q);
		if (m)
			bits = m->value;
		else if (!crfs_hex(q, e - q, &bits))
			return "unknown flag";
		v |= bits;
	}
	if (!crfs_fits(f, v))
		return "flags beyond the field's range";
	if (!flags_same(f, v, p, end))
		return "flags written otherwise than the table of names does";
	crfs_store(f, rec, v);
	return NULL;
}
