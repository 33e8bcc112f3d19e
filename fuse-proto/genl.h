/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of generic netlink: their numbers are those of this machine, since it was started; they have names. */
#ifndef CRFS_GENL_H
#define CRFS_GENL_H

#include <stddef.h>
#include <stdint.h>

#define GENL_NAME 64	/* FAMILY/GROUP; each has 15 characters at most */

/** genl_name() - that of group @id, FAMILY/GROUP. Return: 0 or a negative errno: -ENOENT, there is none */
int genl_name(uint32_t id, char name[GENL_NAME]);

/** genl_id() - and back; a module that has the family is loaded. Return: 0 or a negative errno */
int genl_id(const char *name, uint32_t *id);

#endif
