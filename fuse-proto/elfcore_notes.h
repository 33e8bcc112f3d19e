/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The notes of an ELF core: threads, process, auxiliary vector, mapped files. */
#ifndef CRFS_ELFCORE_NOTES_H
#define CRFS_ELFCORE_NOTES_H

#include <crfs/res/mm/maps.h>
#include <crfs/res/mm/status.h>
#include <crfs/res/task/status.h>

#include "image_memory.h"

/** struct notes - the bytes of the PT_NOTE segment */
struct notes {
	char *p;
	size_t len, room;
	bool failed;
};

/** struct notes_of - what they are taken from */
struct notes_of {
	const struct image *im;
	struct imem *mem;
};

/**
 * notes_make() - all of them
 * @o: the thread that gdb shows first; its process is meant
 * Return: 0, or a negative errno with the reason
 */
int notes_make(const struct notes_of *l, const struct iobj *o, struct notes *n, struct err *e);

#endif
