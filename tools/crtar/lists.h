/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the commands that look at a checkpoint: their columns, and who fills them. */
#ifndef CRTAR_LISTS_H
#define CRTAR_LISTS_H

#include "look.h"

/** struct list - @keys: as table_begin() has them; @add: adds the rows */
struct list {
	const char *const *keys;
	void (*add)(const struct look *l, struct table *t);
};

extern const struct list list_of_tasks, list_of_fds, list_of_sockets, list_of_maps, list_of_mem;

#endif
