/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes of a thread: what attrs.c (reading) and attrs_put.c (putting back) share. */
#ifndef CRFS_TASK_ATTRS_H
#define CRFS_TASK_ATTRS_H

#include "resource.h"

#define ARCH_GET_CPUID 0x1011
#define ARCH_SET_CPUID 0x1012
#define SPEC_KINDS 3

#ifndef PR_SPEC_L1D_FLUSH
#define PR_SPEC_L1D_FLUSH 2
#endif

void attrs_check(struct image *im, struct iobj *o);
int attrs_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape);

#endif
