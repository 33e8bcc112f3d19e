/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes of an extent, read from the frozen task when they are asked for. */
#ifndef CRFS_RES_MM_PAYLOAD_H
#define CRFS_RES_MM_PAYLOAD_H

#include "snap.h"

/** payload_source() - what the extents of one address space share; lives as long as the view */
void *payload_source(struct snap *s, const struct mm *mm);

/** payload_extent() - make the node; @shy: read it as a tracer does; @crossing: not into holes */
int payload_extent(struct snap *s, struct node *dir, void *source, uint64_t start, uint64_t end,
		   bool shy, bool crossing);

#endif
