/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Comparing strings of the tree. */
#ifndef CRFS_STR_H
#define CRFS_STR_H

#include <crfs/shape.h>
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

/** crfs_str_eq() - are two strings of the tree the same? */
static inline bool crfs_str_eq(const struct crfs_str *a, const struct crfs_str *b)
{
	return a->len == b->len && !memcmp(a->p, b->p, a->len);
}

/** crfs_str_is() - is it @text? */
static inline bool crfs_str_is(const struct crfs_str *a, const char *text)
{
	return a->len == strlen(text) && !memcmp(a->p, text, a->len);
}

/** crfs_str_cmp() - which comes first, byte for byte; negative: @a. Return: as memcmp(3) */
static inline int crfs_str_cmp(const struct crfs_str *a, const struct crfs_str *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int c = n ? memcmp(a->p, b->p, n) : 0;

	return c ? c : a->len < b->len ? -1 : a->len > b->len;
}

/** crfs_str_below() - is path @sub the directory @top, or below it? */
static inline bool crfs_str_below(const struct crfs_str *sub, const struct crfs_str *top)
{
	size_t n = top->len == 1 ? 0 : top->len;

	return sub->len >= n && !memcmp(sub->p, top->p, n) && (sub->len == n || sub->p[n] == '/');
}

#endif
