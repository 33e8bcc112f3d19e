/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table as people read it, or as JSON: an array with an object a row. */
#ifndef CRTAR_TABLE_H
#define CRTAR_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include <crfs/shape.h>

#include "json.h"

#define TABLE_COLUMNS 16

/**
 * struct table - the rows so far
 * @keys: a key a column, NULL-terminated
 * @cells: the text of each, and what it is
 */
struct table {
	const char *const *keys;
	size_t nr, cells, room;
	struct cell {
		char *text;
		enum cell_kind { CELL_TEXT, CELL_NUMBER, CELL_LIST } kind;
	} *v;
	bool json, failed;
};

void table_begin(struct table *t, const char *const *keys, bool json);
/** table_str() - the next cell, of @n bytes that may be anything; table_text(), table_num(): or this */
void table_str(struct table *t, const char *p, size_t n);
void table_text(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_num(struct table *t, long long n);
/**
 * table_list() - or this: "1,2,3", in JSON an array, of numbers if they are
 * @list: malloc'ed, the table's from now on; NULL: there was no memory
 */
void table_list(struct table *t, char *list);
/** table_drop() - forget it, whoever has shown it */
void table_drop(struct table *t);
/** table_end() - print it. Return: 0, or -ENOMEM: not all was kept */
int table_end(struct table *t);

#endif
