/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The differences of two checkpoints, as they are found. */
#ifndef CRTAR_DIFF_H
#define CRTAR_DIFF_H

#include "json.h"
#include "look.h"
#include "pages.h"

/**
 * struct diff - @a, @b: what is compared; @old, @new: the numbers of their pages; @colour: it is for a terminal;
 * @n: differences so far
 */
struct diff {
	struct look a, b;
	struct pages_store old, new;
	struct json j;
	bool json, colour;
	size_t n;
	struct err err;
};

/**
 * diff_say() - here is one
 * @old, @new: NULL: it was not there, it is there no more
 */
void diff_say(struct diff *d, const char *object, const char *field, const char *old, const char *new);

/**
 * diff_untold() - a file that one side alone has, @gone: the first: has the other not told it, since it runs?
 * Only a stopped task can tell its registers, and not being told is no difference.
 */
bool diff_untold(const struct diff *d, bool gone);

/** diff_files() - compare the parsed files of two objects (diff_files.c) */
void diff_files(struct diff *d, const struct iobj *a, const struct iobj *b);

/** diff_payloads() - compare the payloads of two objects, by range (diff_pages.c) */
void diff_payloads(struct diff *d, const struct iobj *a, const struct iobj *b);

#endif
