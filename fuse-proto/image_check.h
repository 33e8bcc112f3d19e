/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checking a parsed tree, for whoever wants the plan that the check had to make. */
#ifndef CRFS_IMAGE_CHECK_H
#define CRFS_IMAGE_CHECK_H

#include "spawn.h"

/** image_plan() - image_check(), and the plan of its tasks. Return: 0 or the first error */
int image_plan(struct image *im, struct plan *p);

#endif
