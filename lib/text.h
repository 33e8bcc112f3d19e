/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* What text.c, value.c and name.c share; nobody else includes this. */
#ifndef CRFS_LIB_TEXT_H
#define CRFS_LIB_TEXT_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <string.h>
#endif
#include <crfs/shape.h>

/**
 * struct crfs_value - how a type of field is written
 * @put: print the field of @rec
 * @get: read the @n (never 0) bytes at @p into the field of @rec; checks, and may write to the
 *	text. Return: NULL, or why not
 */
struct crfs_value {
	void (*put)(struct crfs_writer *w, const struct crfs_field *f, const void *rec);
	const char *(*get)(const struct crfs_field *f, char *p, size_t n, void *rec);
};

extern const struct crfs_value crfs_values[];

void crfs_put(struct crfs_writer *w, const char *p, size_t n);
void crfs_put_char(struct crfs_writer *w, char c);
void crfs_put_num(struct crfs_writer *w, __u64 v, unsigned int base);
bool crfs_num(const char *p, size_t n, unsigned int base, __u64 *out);
bool crfs_hex(const char *p, size_t n, __u64 *out);
const char *crfs_comma(const char *p, const char *end);
__u64 crfs_load(const struct crfs_field *f, const void *rec);
void crfs_store(const struct crfs_field *f, void *rec, __u64 v);
__u64 crfs_sign_extend(const struct crfs_field *f, __u64 v);
bool crfs_fits(const struct crfs_field *f, __u64 v);

void crfs_int_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec);
const char *crfs_int_get(const struct crfs_field *f, char *p, size_t n, void *rec);
void crfs_name_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec);
const char *crfs_name_get(const struct crfs_field *f, char *p, size_t n, void *rec);
void crfs_flags_put(struct crfs_writer *w, const struct crfs_field *f, const void *rec);
const char *crfs_flags_get(const struct crfs_field *f, char *p, size_t n, void *rec);

#endif
