/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file or directory that is made aside, and gets its name when it is whole. */
#ifndef CRTAR_ASIDE_H
#define CRTAR_ASIDE_H

#include "crtar.h"

/**
 * struct aside - @name: that it shall have; @fd: open, -1: it is not
 * @temp: its name until then, NULL: it has none (@nameless), or what has the name is no file, and is written as it is
 * @nameless: it gets its first name when it is whole (O_TMPFILE), so that it goes with whoever is killed
 */
struct aside {
	const char *name;
	char *temp;
	bool nameless;
	int fd;
};

/**
 * aside_file() - a file, only its owner's; a device, a pipe or what a link leads to is opened
 * aside_dir() - a directory, which takes no other's place
 * Return: 0, or a negative errno; then there is nothing, and @fd is -1
 */
int aside_file(struct aside *a, const char *name, struct err *e);
int aside_dir(struct aside *a, const char *name, struct err *e);

/** aside_is_file() - or what has the name is no file, and is written as it is? */
static inline bool aside_is_file(const struct aside *a)
{
	return a->nameless || a->temp;
}

/** aside_done() - @r: what came of it; what is not whole goes. Return: @r, or why it could not get its name */
int aside_done(struct aside *a, int r, struct err *e);

#endif
