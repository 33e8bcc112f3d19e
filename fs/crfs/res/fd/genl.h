/* SPDX-License-Identifier: GPL-2.0-only */
/* Groups of generic netlink. */
#ifndef CRFS_GENL_H
#define CRFS_GENL_H

#include "internal.h"

/* genl_rows() - a row for each of the numbers in @list: FAMILY/GROUP; what has no name is named. Return: 0 or -ENOMEM */
int genl_rows(struct snap *s, const struct cfile *f, struct crfs_str list, struct text *out);

#endif
