/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whom a process lets trace it, PR_SET_PTRACER. */
#ifndef CRFS_TASK_PTRACER_H
#define CRFS_TASK_PTRACER_H

#include "snap.h"

/** ptracer_name() - name the loss if process @t, of a frozen container, has said whom */
void ptracer_name(struct snap *s, struct task *t);

#endif
