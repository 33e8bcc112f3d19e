/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which a checkpoint is written: whoever reads it as a stream knows all before the first page. */
#ifndef CRTAR_ORDER_H
#define CRTAR_ORDER_H

#include "tree.h"

/**
 * struct order - a walk through a checkpoint
 * @top: its root
 * @apart: pages, and the directories above them, come last; else all is in the order of the tree
 * @late: it has come to them
 * @at: the node it is at, NULL at the end
 */
struct order {
	struct node *top;
	bool apart, late;
	struct node *at;
};

/** order_begin() - at the first. order_next() - go on to the next */
void order_begin(struct order *o, struct node *top, bool apart);
void order_next(struct order *o);

#endif
