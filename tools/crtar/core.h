/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The notes of an ELF core: threads, process, auxiliary vector, mapped files. */
#ifndef CRTAR_CORE_H
#define CRTAR_CORE_H

#include "look.h"

/** struct notes - the bytes of the PT_NOTE segment */
struct notes {
	char *p;
	size_t len, room;
	bool failed;
};

/**
 * notes_make() - all of them
 * @o: the thread that gdb shows first; its process is meant
 * Return: 0, or a negative errno with the reason
 */
int notes_make(const struct look *l, const struct iobj *o, struct notes *n, struct err *e);

#endif
