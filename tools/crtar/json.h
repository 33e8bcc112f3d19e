/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON being printed: the commas and quotes. */
#ifndef CRTAR_JSON_H
#define CRTAR_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <crfs/shape.h>

#define JSON_DEPTH 16

/** struct json - what is open, and whether something stands in it already */
struct json {
	bool some[JSON_DEPTH];
	int depth;
};

/** json_open() - '{' or '['; @key: its name in the object around it, NULL in an array */
void json_open(struct json *j, const char *key, char what);
void json_close(struct json *j, char what);

void json_str(struct json *j, const char *key, const char *p, size_t n);
/** json_plain() - a number, as it is printed */
void json_plain(struct json *j, const char *key, const char *p, size_t n);

struct errlist;
/** json_reasons() - "reasons": what is wrong, line by line: errno, object, text */
void json_reasons(struct json *j, const struct errlist *why);

/** json_rec() - the fields of a record, into the object that is open */
void json_rec(struct json *j, const struct crfs_shape *s, const void *rec);

#endif
