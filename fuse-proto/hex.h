/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as hexadecimal digits, lower case, as texts of the tree have them. */
#ifndef CRFS_HEX_H
#define CRFS_HEX_H

#include <stdbool.h>
#include <stddef.h>

#include <crfs/shape.h>

/** hex_put() - @n bytes at @p as digits, without an end. Return: how many digits */
size_t hex_put(char *to, const void *p, size_t n);

/** hex_digit() - what a digit of the tree stands for, which hex_bad() has looked at */
unsigned int hex_digit(char c);

/** hex_get() - the bytes that @s stands for; @to has room for s->len / 2. Return: how many */
size_t hex_get(void *to, const struct crfs_str *s);

/** hex_bad() - does it not stand for whole units of @unit bytes, @max bytes at most? */
bool hex_bad(const struct crfs_str *s, size_t unit, size_t max);

#endif
