// SPDX-License-Identifier: GPL-2.0-or-later
/* Bytes as hexadecimal digits, lower case, as texts of the tree have them. */
#include <stdint.h>

#include "hex.h"

size_t hex_put(char *to, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *byte = p;
	size_t i;

	for (i = 0; i < n; i++) {
		to[2 * i] = digits[byte[i] >> 4];
		to[2 * i + 1] = digits[byte[i] & 15];
	}
	return 2 * n;
}

unsigned int hex_digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

size_t hex_get(void *to, const struct crfs_str *s)
{
	uint8_t *byte = to;
	size_t i;

	for (i = 0; i < s->len / 2; i++)
		byte[i] = hex_digit(s->p[2 * i]) << 4 | hex_digit(s->p[2 * i + 1]);
	return i;
}

bool hex_bad(const struct crfs_str *s, size_t unit, size_t max)
{
	size_t i;

	for (i = 0; i < s->len; i++)
		if (!(s->p[i] >= '0' && s->p[i] <= '9') && !(s->p[i] >= 'a' && s->p[i] <= 'f'))
			return true;
	return s->len % (2 * unit) || s->len > 2 * max;
}
