// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* One value: how each type of field is printed and read back. */
#include "text.h"

static const char digits[] = "0123456789abcdef";

/* Bytes of a string that would end a value or a line, or that a terminal would not show. */
static bool escaped(unsigned char c)
{
	return c <= 0x20 || c == 0x7f || c == '\\';
}

void crfs_put(struct crfs_writer *w, const char *p, size_t n)
{
	size_t room = w->len < w->size ? w->size - w->len : 0;

	if (n && room)
		memcpy(w->buf + w->len, p, n < room ? n : room);
	w->len += n;
}

void crfs_put_char(struct crfs_writer *w, char c)
{
	if (w->len < w->size)
		w->buf[w->len] = c;
	w->len++;
}

void crfs_put_num(struct crfs_writer *w, __u64 v, unsigned int base)
{
	char b[24], *p = b + sizeof(b);

	do
		*--p = digits[v % base];
	while (v /= base);
	crfs_put(w, p, b + sizeof(b) - p);
}

/* A number as crfs_put_num() prints it, and nothing else. */
bool crfs_num(const char *p, size_t n, unsigned int base, __u64 *out)
{
	__u64 v = 0;
	size_t i;

	if (!n || (n > 1 && p[0] == '0'))
		return false;
	for (i = 0; i < n; i++) {
		unsigned int d = 16;

		if (p[i] >= '0' && p[i] <= '9')
			d = p[i] - '0';
		else if (p[i] >= 'a' && p[i] <= 'f')
			d = p[i] - 'a' + 10;
		if (d >= base || __builtin_mul_overflow(v, (__u64)base, &v) ||
		    __builtin_add_overflow(v, (__u64)d, &v))
			return false;
	}
	*out = v;
	return true;
}

bool crfs_hex(const char *p, size_t n, __u64 *out)
{
	return n > 2 && p[0] == '0' && p[1] == 'x' && crfs_num(p + 2, n - 2, 16, out);
}

__u64 crfs_load(const struct crfs_field *f, const void *rec)
{
	const char *p = (const char *)rec + f->offset;
	__u64 d = 0;
	__u32 w;
	__u16 h;

	switch (f->size) {
	case 1:
		return *(const __u8 *)p;
	case 2:
		memcpy(&h, p, 2);
		return h;
	case 4:
		memcpy(&w, p, 4);
		return w;
	case 8:
		memcpy(&d, p, 8);
	}
	return d;
}

void crfs_store(const struct crfs_field *f, void *rec, __u64 v)
{
	char *p = (char *)rec + f->offset;
	__u32 w = v;
	__u16 h = v;

	switch (f->size) {
	case 1:
		*(__u8 *)p = v;
		break;
	case 2:
		memcpy(p, &h, 2);
		break;
	case 4:
		memcpy(p, &w, 4);
		break;
	case 8:
		memcpy(p, &v, 8);
	}
}

__u64 crfs_sign_extend(const struct crfs_field *f, __u64 v)
{
	unsigned int shift = 64 - 8 * f->size;

	return (__s64)(v << shift) >> shift;
}

bool crfs_fits(const struct crfs_field *f, __u64 v)
{
	return f->size == 8 || !(v >> (8 * f->size));
}

const char *crfs_comma(const char *p, const char *end)
{
	while (p < end && *p != ',')
		p++;
	return p;
}

static void dec_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec)
{
	crfs_put_num(w, crfs_load(f, rec), 10);
}

static const char *dec_get(const struct crfs_field *f, char *p, size_t n, void *rec)
{
	__u64 v;

	if (!crfs_num(p, n, 10, &v) || !crfs_fits(f, v))
		return "not a decimal number of the field's range";
	crfs_store(f, rec, v);
	return NULL;
}

void crfs_int_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec)
{
	__u64 v = crfs_sign_extend(f, crfs_load(f, rec));

	if (v >> 63)
		crfs_put_char(w, '-');
	crfs_put_num(w, v >> 63 ? -v : v, 10);
}

const char *crfs_int_get(const struct crfs_field *f, char *p, size_t n, void *rec)
{
	bool neg = n && *p == '-';
	__u64 v, max = (1ULL << (8 * f->size - 1)) - !neg;

	if (!crfs_num(p + neg, n - neg, 10, &v) || v > max || (neg && !v))
		return "not a signed decimal number of the field's range";
	crfs_store(f, rec, neg ? -v : v);
	return NULL;
}

static void hex_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec)
{
	crfs_put(w, "0x", 2);
	crfs_put_num(w, crfs_load(f, rec), 16);
}

static const char *hex_get(const struct crfs_field *f, char *p, size_t n, void *rec)
{
	__u64 v;

	if (!crfs_hex(p, n, &v) || !crfs_fits(f, v))
		return "not a 0x number of the field's range";
	crfs_store(f, rec, v);
	return NULL;
}

static void oct_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec)
{
	__u64 v = crfs_load(f, rec);

	crfs_put_char(w, '0');
	if (v)
		crfs_put_num(w, v, 8);
}

static const char *oct_get(const struct crfs_field *f, char *p, size_t n, void *rec)
{
	__u64 v = 0;

	if (*p != '0' || (n > 1 && (!crfs_num(p + 1, n - 1, 8, &v) || !v)) || !crfs_fits(f, v))
		return "not an octal number of the field's range";
	crfs_store(f, rec, v);
	return NULL;
}

static void str_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec)
{
	struct crfs_str s;
	__u32 i, from = 0;

	memcpy(&s, (const char *)rec + f->offset, sizeof(s));
	if (!s.len) {
		crfs_put_char(w, '-');
		return;
	}
	if (s.len == 1 && *s.p == '-') {
		crfs_put(w, "\\055", 4);
		return;
	}
	for (i = 0; i < s.len; i++) {
		unsigned char c = s.p[i];
		char esc[4] = { '\\', '0' + (c >> 6), '0' + (c >> 3 & 7), '0' + (c & 7) };

		if (!escaped(c))
			continue;
		crfs_put(w, s.p + from, i - from);
		crfs_put(w, esc, 4);
		from = i + 1;
	}
	crfs_put(w, s.p + from, s.len - from);
}

/* The byte that "\ooo" stands for, or -1 if printing would not have escaped it. */
static int unescape(const char *p, size_t left, bool whole)
{
	__u64 c;

	if (left < 4 || p[1] < '0' || p[1] > '1' || p[2] < '0' || p[2] > '7' || p[3] < '0' ||
	    p[3] > '7')
		return -1;
	c = (p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0');
	return escaped(c) || (whole && c == '-') ? (int)c : -1;
}

static const char *str_get(const struct crfs_field *f, char *p, size_t n, void *rec)
{
	struct crfs_str s = { .p = p };
	size_t i, to = 0;

	if ((__u32)n != n)
		return "string too long";
	for (i = 0; i < n; i++, to++) {
		int c = (unsigned char)p[i];

		if (c == '\\') {
			c = unescape(p + i, n - i, n == 4);
			if (c < 0)
				return "not an escape that printing makes";
			i += 3;
		} else if (escaped(c)) {
			return "control character in a string";
		}
		if (to != i)	/* text without escapes may be read-only */
			p[to] = c;
	}
	s.len = n == 1 && *p == '-' ? 0 : to;
	memcpy((char *)rec + f->offset, &s, sizeof(s));
	return NULL;
}

static void blob_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec)
{
	const __u8 *b = (const __u8 *)rec + f->offset;
	__u16 i;

	for (i = 0; i < f->size; i++) {
		crfs_put_char(w, digits[b[i] >> 4]);
		crfs_put_char(w, digits[b[i] & 15]);
	}
}

static const char *blob_get(const struct crfs_field *f, char *p, size_t n, void *rec)
{
	__u8 *b = (__u8 *)rec + f->offset;
	__u64 hi, lo;
	size_t i;

	if (n != 2 * (size_t)f->size)
		return "wrong number of hexadecimal digits";
	for (i = 0; i < f->size; i++) {
		if (!crfs_num(p + 2 * i, 1, 16, &hi) || !crfs_num(p + 2 * i + 1, 1, 16, &lo))
			return "not a hexadecimal digit";
		b[i] = hi << 4 | lo;
	}
	return NULL;
}

static void list_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec)
{
	struct crfs_str s;

	memcpy(&s, (const char *)rec + f->offset, sizeof(s));
	crfs_put(w, s.len ? s.p : "-", s.len ? s.len : 1);
}

static const char *list_get(const struct crfs_field *f, char *p, size_t n, void *rec)
{
	const char *end = p + n, *e, *q = p;
	struct crfs_str s = { .p = p, .len = n };
	__u64 v;

	if ((__u32)n != n)
		return "list too long";
	if (n == 1 && *p == '-') {
		s.len = 0;
		q = end + 1;
	}
	for (; q <= end; q = e + 1) {
		e = crfs_comma(q, end);
		if (!crfs_num(q, e - q, 10, &v))
			return "not a list of decimal numbers";
	}
	memcpy((char *)rec + f->offset, &s, sizeof(s));
	return NULL;
}

const struct crfs_value crfs_values[] = {
	[CRFS_DEC]	= { dec_put,	dec_get },
	[CRFS_INT]	= { crfs_int_put,	crfs_int_get },
	[CRFS_HEX]	= { hex_put,	hex_get },
	[CRFS_OCT]	= { oct_put,	oct_get },
	[CRFS_NAME]	= { crfs_name_put,	crfs_name_get },
	[CRFS_FLAGS]	= { crfs_flags_put,	crfs_flags_get },
	[CRFS_STR]	= { str_put,	str_get },
	[CRFS_BLOB]	= { blob_put,	blob_get },
	[CRFS_LIST]	= { list_put,	list_get },
};

/**
 * crfs_list_add() - append a number to a list that is being made
 * @w: a buffer of the list alone; its bytes become the struct crfs_str of a CRFS_LIST
 * @value: the number
 */
void crfs_list_add(struct crfs_writer *w, __u64 value)
{
	if (w->len)
		crfs_put_char(w, ',');
	crfs_put_num(w, value, 10);
}

/**
 * crfs_list_next() - take the first number off a list
 * @list: the list, shortened by it
 * @value: the number
 *
 * Return: false when the list is at its end (or, if it was not parsed, no list)
 */
bool crfs_list_next(struct crfs_str *list, __u64 *value)
{
	const char *end = list->p + list->len, *e = list->len ? crfs_comma(list->p, end) : list->p;

	if (!crfs_num(list->p, e - list->p, 10, value))
		return false;
	list->len = e < end ? end - e - 1 : 0;
	list->p = e < end ? e + 1 : e;
	return true;
}
