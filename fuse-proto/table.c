// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of rooms: every resource that crfs knows, a line each. */
#include <string.h>

#include "rooms.h"

/*
 * Rows of one scope stand in the order of the tree. Where several rooms put something on the same
 * tape in the same phase, they do it in this order too. Of the descriptors the last row takes what
 * no other does, and refuses it by name.
 */
const struct resource *const resources[] = {
	&res_root_header,
	&res_root_cgroup,

	&res_task_status,
	&res_task_regs,

	NULL,
};

const struct resource *resource_find(enum scope scope, const char *name, size_t len)
{
	const struct resource *const *r;

	for (r = resources; *r; r++)
		if ((*r)->scope == scope && strlen((*r)->name) == len && !memcmp((*r)->name, name, len))
			return *r;
	return NULL;
}
