/* SPDX-License-Identifier: GPL-2.0-only */
/* The cgroups of version 1 that a task is in beside that of the container, which are lost. */
#ifndef CRFS_HIERARCHIES_H
#define CRFS_HIERARCHIES_H

#include "internal.h"

/* hierarchies_name() - name those of @t that are not of who looks. Return: 0 or -ENOMEM */
int hierarchies_name(struct snap *s, const struct ctask *t);

#endif
