/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that somebody asked for: standard output, or one that gets its name when it is whole. */
#ifndef CRTAR_OUTFILE_H
#define CRTAR_OUTFILE_H

#include "aside.h"

/** struct outfile - @name: NULL or "-": standard output */
struct outfile {
	const char *name;
	struct aside aside;
	FILE *f;
};

int outfile_open(struct outfile *o, struct err *e);
/** outfile_done() - @r: what came of it; what is not whole goes. Return: @r, or why it could not be written */
int outfile_done(struct outfile *o, int r, struct err *e);

#endif
