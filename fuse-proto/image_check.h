/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checking a parsed tree, for whoever wants the plan that the check had to make. */
#ifndef CRFS_IMAGE_CHECK_H
#define CRFS_IMAGE_CHECK_H

#include "spawn.h"

/**
 * image_relate() - the references between tasks, and the plan of making them: what the tree says by
 * itself, whatever machine it is on
 * @p: untouched if the references are wrong already
 */
int image_relate(struct image *im, struct plan *p);

/** image_plan() - image_check(), and the plan of its tasks. Return: 0 or the first error */
int image_plan(struct image *im, struct plan *p);

#endif
