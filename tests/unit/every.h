/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record with every type and size of field, for the tests of the printer and the parser. */
#ifndef CRFS_EVERY_H
#define CRFS_EVERY_H

#include <crfs/shape.h>

struct every {
	__u8 d1;
	__u16 d2;
	__u32 d4;
	__u64 d8;
	__s8 i1;
	__s16 i2;
	__s32 i4;
	__s64 i8;
	__u8 x1;
	__u16 x2;
	__u32 x4;
	__u64 x8;
	__u8 o1;
	__u16 o2;
	__u32 o4;
	__u64 o8;
	__s8 n1;
	__u32 n4;
	__u64 n8;
	__u8 f1;
	__u16 f2;
	__u32 f4;
	__u64 f8;
	struct crfs_str str;
	__u8 blob[7];
	struct crfs_str list;
};

static const struct crfs_name every_values[] = {
	{ 0, "ZERO" }, { 1, "ONE" }, { 100, "HUNDRED" }, { -1, "ALL" }, { 1, "UNO" },
	{ 0x80000000, "TOP" }, { 0, NULL },
};

/* Masks that overlap, and one beyond the small sizes: the canonical form must hold here too. */
static const struct crfs_name every_bits[] = {
	{ 0x3, "LOW" }, { 0x1, "A" }, { 0x2, "B" }, { 0x6, "MID" }, { 0x10, "E" },
	{ 0x100, "I" }, { 0x80000000, "TOP" }, { 1ULL << 63, "LAST" }, { 0, NULL },
};

#define D(m) CRFS_FIELD(struct every, CRFS_DEC, m)
#define I(m) CRFS_FIELD(struct every, CRFS_INT, m)
#define X(m) CRFS_FIELD(struct every, CRFS_HEX, m)
#define O(m) CRFS_FIELD(struct every, CRFS_OCT, m)
#define N(m) CRFS_FIELD_NAMES(struct every, CRFS_NAME, m, every_values)
#define F(m) CRFS_FIELD_NAMES(struct every, CRFS_FLAGS, m, every_bits)
static const struct crfs_field every_fields[] = {
	D(d1), D(d2), D(d4), D(d8), I(i1), I(i2), I(i4), I(i8), X(x1), X(x2), X(x4), X(x8),
	O(o1), O(o2), O(o4), O(o8), N(n1), N(n4), N(n8), F(f1), F(f2), F(f4), F(f8),
	CRFS_FIELD(struct every, CRFS_STR, str), CRFS_FIELD(struct every, CRFS_BLOB, blob),
	CRFS_FIELD(struct every, CRFS_LIST, list),
};
#undef D
#undef I
#undef X
#undef O
#undef N
#undef F

CRFS_SHAPE(every_block, struct every, CRFS_BLOCK, "every", every_fields);
CRFS_SHAPE(every_rows, struct every, CRFS_ROWS, "every", every_fields);

/* A few fields, so that small texts reach the parser's corners. */
struct few {
	__u32 id;
	__s32 pos;
	__u32 flags;
	struct crfs_str name;
};

static const struct crfs_field few_fields[] = {
	CRFS_FIELD(struct few, CRFS_DEC, id),
	CRFS_FIELD(struct few, CRFS_INT, pos),
	CRFS_FIELD_NAMES(struct few, CRFS_FLAGS, flags, every_bits),
	CRFS_FIELD(struct few, CRFS_STR, name),
};

CRFS_SHAPE(few_block, struct few, CRFS_BLOCK, "few", few_fields);
CRFS_SHAPE(few_rows, struct few, CRFS_ROWS, "few", few_fields);

/*
 * Parse a file of the sections @shapes and print what was read.
 * Return: bytes printed to @out (of @size), or -EINVAL with the reason in @r
 */
static inline long every_again(struct crfs_reader *r, const struct crfs_shape *const *shapes,
			       int nr, char *text, size_t len, char *out, size_t size)
{
	struct crfs_writer w = { .buf = out, .size = size };
	union {
		struct every every;
		struct few few;
	} rec;
	int i, err;

	crfs_reader_init(r, text, len);
	for (i = 0; i < nr; i++) {
		err = crfs_read_section(r, shapes[i]);
		if (err)
			return err;
		crfs_write_section(&w, shapes[i]);
		while ((err = crfs_read_rec(r, shapes[i], &rec)) > 0)
			crfs_write_rec(&w, shapes[i], &rec);
		if (err)
			return err;
	}
	err = crfs_read_end(r);
	return err ? err : (long)w.len;
}

#endif
