/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code with probes in it. */
#ifndef CRFS_RES_MM_PROBED_H
#define CRFS_RES_MM_PROBED_H

#include "mm.h"

/** probed_check() - name the first mapping of @mm whose code has breakpoints that no file of it has */
void probed_check(struct snap *s, const struct mm *mm);

#endif
