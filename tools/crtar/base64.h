/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64 of short things, by libcrypto. */
#ifndef CRTAR_BASE64_H
#define CRTAR_BASE64_H

#include <string.h>
#include <sys/types.h>

#include <openssl/evp.h>

/* base64_decode() - Return: how many bytes, of at most @size; -1: it is none, or too long */
static inline ssize_t base64_decode(const char *p, size_t n, void *out, size_t size)
{
	unsigned char buf[1024];
	int len, pad = 0;

	if (!n || n % 4 || n > sizeof(buf))
		return -1;
	len = EVP_DecodeBlock(buf, (const unsigned char *)p, n);
	while (pad < 2 && p[n - 1 - pad] == '=')
		pad++;
	if (len < pad || (size_t)(len - pad) > size)
		return -1;
	memcpy(out, buf, len - pad);
	return len - pad;
}

#endif
