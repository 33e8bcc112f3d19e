/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seccomp: what seccomp.c (reading) and seccomp_put.c (putting back) share. */
#ifndef CRFS_TASK_SECCOMP_H
#define CRFS_TASK_SECCOMP_H

#include "resource.h"

#define FILTERS_MAX 1024	/* of one task; the kernel allows 32768 instructions in all */

void seccomp_check(struct image *im, struct iobj *o);
int seccomp_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape);

#endif
