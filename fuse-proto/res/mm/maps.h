/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rooms of an address space, and a place in it for the tapes of a restore. */
#ifndef CRFS_RES_MM_MAPS_ROOM_H
#define CRFS_RES_MM_MAPS_ROOM_H

#include <stdint.h>

#include "resource.h"

extern const struct resource res_mm_status, res_mm_maps, res_mm_flags;

/**
 * mm_hole() - an address range that is free in every address space of @im and in the caller
 * @size: in bytes, a multiple of the page size
 * Return: 0, or -ENOMEM if there is none
 */
int mm_hole(const struct image *im, size_t size, uint64_t *addr);

/**
 * mm_give_back() - after a failure, with all tasks still there: stage again what they have taken
 * Return: 0, or a negative errno: there are pages missing now
 */
int mm_give_back(struct restore *rs);
/** mm_forget() - let all extents be compared with the manifest when it is tried again */
void mm_forget(struct image *im);

#endif
