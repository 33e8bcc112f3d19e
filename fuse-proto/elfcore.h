/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process of a checkpoint as an ELF core, computed where it is read. */
#ifndef CRFS_ELFCORE_H
#define CRFS_ELFCORE_H

#include "image.h"

/** struct elfcore - headers, notes, and where in the tree every byte of its memory is */
struct elfcore;

/**
 * elfcore_new() - that of a process
 * @im: must stay as long as the core does, and so must its tree
 * @tid: the process, or the thread of it that gdb shall show first
 */
int elfcore_new(const struct image *im, unsigned int tid, struct elfcore **c, struct err *e);
void elfcore_free(struct elfcore *c);

/** elfcore_size() - in bytes, the same for all threads of a process */
off_t elfcore_size(const struct elfcore *c);

/** elfcore_pread() - any part of it, thread-safe. Return: bytes, short only at its end, or a negative errno */
ssize_t elfcore_pread(const struct elfcore *c, void *buf, size_t size, off_t off);

/** elfcore_hole() - the first offset >= @off that is data (@data) or hole (!@data), as lseek(2) */
off_t elfcore_hole(const struct elfcore *c, off_t off, bool data);

#endif
