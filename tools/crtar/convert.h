/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms of a checkpoint that are no archives of it. */
#ifndef CRTAR_CONVERT_H
#define CRTAR_CONVERT_H

#include "sink.h"
#include "source.h"

/** convert_to_criu() - images in directory @to, which is made; @s: opened and verified */
int convert_to_criu(struct source *s, const char *to, struct errlist *why);

/**
 * convert_from_criu() - a checkpoint of the images in @from
 * @s: the archive that it becomes, NULL: directory @to
 */
int convert_from_criu(const char *from, struct sink *s, const char *to, uint8_t digest, struct errlist *why);

#endif
