/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must be held of an archive that is read but once: in a file without a name, not in memory. */
#ifndef CRTAR_SPILL_H
#define CRTAR_SPILL_H

#include "err.h"
#include "tree.h"

/** struct spill - @fd: the file, -1: there is none yet; @end: where the next payload begins */
struct spill {
	int fd;
	off_t end;
};

/** spill_file() - a file of its own there. Return: its descriptor, or the reason */
int spill_file(struct err *e);
/** spill_full() - what is to be said where writing to it fails with @code. Return: @code */
int spill_full(int code, struct err *e);

/** spill_begin() - @n is a payload whose bytes come now; @size: as its header has it. Return: 0, or the reason */
int spill_begin(struct spill *s, struct node *n, off_t size, struct err *e);

/** spill_write() - some of them; what is left out between reads as zeros */
int spill_write(struct spill *s, const struct node *n, const void *buf, size_t len, off_t off, struct err *e);

/** spill_done() - it has @size bytes */
void spill_done(struct spill *s, struct node *n, off_t size);

/** spill_has() - are its bytes in such a file? */
bool spill_has(const struct node *n);
void spill_free(struct spill *s);

#endif
