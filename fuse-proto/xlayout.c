// SPDX-License-Identifier: GPL-2.0-or-later
/* Where this processor has the components of an XSAVE area. */
#include <pthread.h>
#include <string.h>

#include "xlayout.h"

static struct crfs_xlayout layout;

static void ask(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	crfs_xlayout_read(&layout, (uint64_t)hi << 32 | lo);
}

const struct crfs_xlayout *xlayout(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, ask);
	return &layout;
}

size_t xstate_used(const void *area, size_t size)
{
	uint64_t bv;
	size_t end;

	if (size < CRFS_XSTATE_MIN)
		return size;
	memcpy(&bv, (const char *)area + CRFS_XSTATE_BV, sizeof(bv));
	end = crfs_xstate_end(xlayout(), bv);
	return end < size ? end : size;
}
