/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers: what regs.c (reading) and regs_put.c (putting back) share. */
#ifndef CRFS_TASK_REGS_H
#define CRFS_TASK_REGS_H

#include "image.h"

/** regs_check() - the registers are those of a 64-bit task, and xstate has this machine's layout */
void regs_check(struct image *im, struct iobj *o);

#endif
