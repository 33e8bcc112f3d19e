/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A checkpoint as a directory. */
#ifndef CRTAR_UNPACK_H
#define CRTAR_UNPACK_H

#include "source.h"

/**
 * unpack() - write all below @top into directory @to, which is made, and has its name when it is whole
 * Modes and times are those that tar gives them. Return: 0, or a negative errno; then nothing is left
 */
int unpack(const struct node *top, const char *to, struct err *e);

/** unpack_rename() - let directory @temp, made by mkdtemp(3), appear as @to. Return: 0 or a negative errno */
int unpack_rename(const char *temp, const char *to, struct err *e);

/** unpack_remove() - a directory of ours and all that is in it */
void unpack_remove(const char *temp);

#endif
