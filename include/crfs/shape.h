/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* How a record looks as text: field tables, and the one printer and parser of them. */
#ifndef CRFS_SHAPE_H
#define CRFS_SHAPE_H

#include <linux/types.h>
#include <linux/stddef.h>
#ifdef __KERNEL__
#include <linux/stddef.h>
#else
#include <stddef.h>
#include <stdbool.h>
#endif

/**
 * struct crfs_str - a string field: bytes, not NUL-terminated, may hold NUL
 * @p: the bytes; after parsing they stand, unescaped, in the parsed text itself
 * @len: how many; 0 prints as "-"
 */
struct crfs_str {
	const char *p;
	__u32 len;
};

/**
 * enum crfs_type - how a field is written; the notation of crfs.txt, section "Notation"
 * @CRFS_DEC: unsigned decimal; field size 1, 2, 4 or 8 bytes
 * @CRFS_INT: signed decimal; size 1, 2, 4 or 8
 * @CRFS_HEX: 0x and lower-case digits without leading zeros (0x0 for zero); size 1, 2, 4, 8
 * @CRFS_OCT: a leading 0 and octal digits (0 for zero); size 1, 2, 4, 8
 * @CRFS_NAME: the name that field.names has for the value; decimal (as CRFS_INT) if it has none
 * @CRFS_FLAGS: the names of the bits set, in the order of field.names, joined by ',';
 *	bits without a name last, as one 0x number; "-" when no bit is set
 * @CRFS_STR: struct crfs_str; bytes up to 0x20, 0x7f and the backslash as \ooo; "-" when
 *	empty; the string "-" itself is \055
 * @CRFS_BLOB: an array of field.size bytes as 2 * size hex digits
 * @CRFS_LIST: struct crfs_str holding unsigned decimals joined by ','; "-" when empty;
 *	crfs_list_next() walks it
 */
enum crfs_type {
	CRFS_DEC,
	CRFS_INT,
	CRFS_HEX,
	CRFS_OCT,
	CRFS_NAME,
	CRFS_FLAGS,
	CRFS_STR,
	CRFS_BLOB,
	CRFS_LIST,
};

/** struct crfs_name - a value or bit mask and its name; tables end with a NULL name */
struct crfs_name {
	__u64 value;
	const char *name;
};

/**
 * struct crfs_field - one field of a record
 * @key: lower case with '_'
 * @type: enum crfs_type
 * @offset: where it stands in the struct
 * @size: its size in the struct, in bytes
 * @names: for CRFS_NAME and CRFS_FLAGS, else NULL
 * @later: of rows: it came when there were trees already, and the last columns of these may be missing: they are 0
 */
struct crfs_field {
	const char *key;
	__u8 type;
	__u8 later;
	__u16 offset;
	__u16 size;
	const struct crfs_name *names;
};

/**
 * enum crfs_layout - how records of a shape stand in a section
 * @CRFS_BLOCK: exactly one record, "key value" a line, every key once, in table order
 * @CRFS_ROWS: a line with the keys, then a line a record with the values, one blank between
 */
enum crfs_layout {
	CRFS_BLOCK,
	CRFS_ROWS,
};

/**
 * struct crfs_shape - the look of one section of a file
 * @name: for messages
 * @layout: enum crfs_layout
 * @optional: rows at the end of a file, which has no such section where there is no row
 * @size: sizeof the struct
 * @nr: number of fields
 * @fields: the table
 *
 * A file is one or more sections, with an empty line between them.
 */
struct crfs_shape {
	const char *name;
	__u8 layout;
	__u8 optional;
	__u16 size;
	__u16 nr;
	const struct crfs_field *fields;
};

#define CRFS_FIELD(T, t, m) \
	{ .key = #m, .type = (t), .offset = offsetof(T, m), .size = sizeof(((T *)0)->m) }
#define CRFS_FIELD_NAMES(T, t, m, n) \
	{ .key = #m, .type = (t), .offset = offsetof(T, m), .size = sizeof(((T *)0)->m), .names = (n) }
#define CRFS_FIELD_LATER(T, t, m) \
	{ .key = #m, .type = (t), .later = 1, .offset = offsetof(T, m), .size = sizeof(((T *)0)->m) }
#define CRFS_SHAPE(var, T, l, nm, tab) \
	static const struct crfs_shape var __attribute__((unused)) = { \
		.name = (nm), .layout = (l), .size = sizeof(T), \
		.nr = sizeof(tab) / sizeof((tab)[0]), .fields = (tab) }
#define CRFS_SHAPE_OPTIONAL(var, T, nm, tab) \
	static const struct crfs_shape var __attribute__((unused)) = { \
		.name = (nm), .layout = CRFS_ROWS, .optional = 1, .size = sizeof(T), \
		.nr = sizeof(tab) / sizeof((tab)[0]), .fields = (tab) }

/**
 * struct crfs_writer - text being made
 * @buf: where it goes
 * @size: bytes there; what does not fit is counted but not stored
 * @len: bytes made so far, also those that did not fit (as snprintf counts)
 */
struct crfs_writer {
	char *buf;
	size_t size;
	size_t len;
};

void crfs_write_section(struct crfs_writer *w, const struct crfs_shape *s);
void crfs_write_rec(struct crfs_writer *w, const struct crfs_shape *s, const void *rec);
void crfs_list_add(struct crfs_writer *w, __u64 value);

/**
 * struct crfs_reader - text being parsed, in place
 * @p: the next byte; strings are unescaped where they stand
 * @end: behind the last byte
 * @line: the line @p stands in, from 1; after crfs_read_rec() the one behind the record
 * @why: after -EINVAL the reason, a constant sentence such as "unknown key"
 * @key: after -EINVAL the key concerned, or NULL; may stand in the text
 * @started: the reader's own: a section has begun
 * @done: the reader's own: the one record of a block was read
 * @columns: the reader's own: how many the rows of the section have
 */
struct crfs_reader {
	char *p;
	char *end;
	__u32 line;
	const char *why;
	const char *key;
	bool started;
	bool done;
	__u16 columns;
};

void crfs_reader_init(struct crfs_reader *r, char *text, size_t len);
int crfs_read_section(struct crfs_reader *r, const struct crfs_shape *s);
int crfs_read_rec(struct crfs_reader *r, const struct crfs_shape *s, void *rec);
int crfs_read_end(struct crfs_reader *r);
bool crfs_list_next(struct crfs_str *list, __u64 *value);

#endif
