/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of a checkpoint as a picture, in SVG. */
#ifndef CRTAR_PICTURE_H
#define CRTAR_PICTURE_H

#include <stdio.h>

#include "shade.h"

/** picture_draw() - all address spaces, the largest first. Return: 0 or -ENOMEM */
int picture_draw(const struct look *l, FILE *f);

/** put_xml() - text of whatever bytes, as XML and HTML have it */
void put_xml(FILE *f, const char *p, size_t n);

/** put_size() - "1.5 MiB" into @buf */
const char *put_size(uint64_t bytes, char *buf, size_t size);

/** mm_title() - "42,43 python3": who has it, and what it runs */
void mm_title(const struct look *l, const struct iobj *mm, char *buf, size_t size);

#endif
