/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does a tree agree with itself? */
#ifndef CRTAR_VERIFY_H
#define CRTAR_VERIFY_H

#include "source.h"

/** verify_tree() - texts, references, ranges; not the digests. Return: 0 or the first errno */
int verify_tree(struct source *s, struct errlist *why);

#endif
