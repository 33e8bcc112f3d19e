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

#endif
