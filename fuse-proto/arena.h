/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that the controller and all tasks have at the same address: the player and the tapes. */
#ifndef CRFS_ARENA_H
#define CRFS_ARENA_H

#include "image.h"

/**
 * struct slot - a tape's place in the arena
 * @at: its address, in every task and here
 * @size: in bytes, whole pages; sparse: what is not written costs nothing
 */
struct slot {
	uint8_t *at;
	size_t size;
};

/**
 * struct arena - a sparse memfd, MAP_SHARED at one address everywhere
 * @base, @size: the mapping
 * @used: given out so far
 * @fd: the memfd
 * The player stands at @base.
 */
struct arena {
	uint8_t *base;
	size_t size, used;
	int fd;
};

/** arena_make() - map @size bytes at a place that is free in all address spaces of the image */
int arena_make(const struct image *im, size_t size, struct arena *a, struct err *e);
/** arena_slot() - give out a place of @size bytes; its at is NULL if there is no more */
struct slot arena_slot(struct arena *a, size_t size);
/** arena_empty() - give back the memory of a range of slots; it reads as 0 */
void arena_empty(struct arena *a, const uint8_t *from, const uint8_t *to);
void arena_free(struct arena *a);

/** arena_code() - the address of the player, or of a symbol in it */
static inline uint64_t arena_code(const struct arena *a, const uint8_t *sym)
{
	return (uint64_t)a->base + (sym - player_start);
}

#endif
