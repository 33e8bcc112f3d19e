// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order in which a checkpoint is written: that of the tree, but for pages, which come last.
 *
 * With them come the directories above: a tool that unpacks gives a directory its mode when it has gone on
 * to another, and it may be one without writing.
 */
#include <string.h>

#include <crfs/format.h>

#include "order.h"
#include "source.h"

static bool is_late(const struct order *o, const struct node *n)
{
	if (n->kind != NODE_DIR)
		return source_is_page(n);
	while (n != o->top && n->parent != o->top)
		n = n->parent;
	return n != o->top && !strcmp(n->name, CRFS_MMS);
}

static void settle(struct order *o)
{
	for (;;) {
		while (o->at && o->apart && is_late(o, o->at) != o->late)
			o->at = tree_next(o->at, o->top);
		if (o->at || !o->apart || o->late)
			return;
		o->late = true;
		o->at = o->top;
	}
}

void order_begin(struct order *o, struct node *top, bool apart)
{
	*o = (struct order){ .top = top, .apart = apart, .at = top };
	settle(o);
}

void order_next(struct order *o)
{
	o->at = tree_next(o->at, o->top);
	settle(o);
}
