/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text of the tree while it is made, in a malloc'ed buffer. */
#ifndef CRFS_ENGINE_TEXT_H
#define CRFS_ENGINE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <crfs/text.h>

static inline bool text_failed(const struct text *t)
{
	return t->failed;
}

#endif
