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

/**
 * newdir_make() - a directory that is to be @to once it is whole
 * @temp: its name until then, malloc'ed. Return: a descriptor, or a negative errno
 */
int newdir_make(const char *to, char **temp, struct err *e);
/** newdir_done() - it is whole (@r is 0), or it goes. Return: @r, or why it could not get its name */
int newdir_done(int fd, char *temp, const char *to, int r, struct err *e);

#endif
