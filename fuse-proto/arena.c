// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory that the controller and all tasks have at the same address. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "res/mm/maps.h"

#define PAGE 4096UL
#define PAGE_UP(n) (((n) + PAGE - 1) & ~(PAGE - 1))

int arena_make(const struct image *im, size_t size, struct arena *a, struct err *e)
{
	uint64_t addr;
	void *p;
	int fd;

	size = PAGE_UP(size) + PAGE;
	if (mm_hole(im, size, &addr))
		return fail(e, -ENOMEM, "no %zu bytes of address space are free in all tasks", size);
	fd = memfd_create("crfs-tapes", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, size))
		return fail(e, -errno, "memfd_create: memory for tapes");
	p = mmap((void *)addr, size, PROT_READ | PROT_WRITE | PROT_EXEC,
		 MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	if (p == MAP_FAILED)
		return fail(e, -errno, "mmap of %zu bytes for tapes", size);
	*a = (struct arena){ .base = p, .size = size, .used = PAGE, .fd = fd };
	memcpy(p, player_start, player_end - player_start);
	return 0;
}

struct slot arena_slot(struct arena *a, size_t size)
{
	struct slot s = { .size = PAGE_UP(size) };

	if (a->size - a->used < s.size)
		return s;
	s.at = a->base + a->used;
	a->used += s.size;
	return s;
}

void arena_empty(struct arena *a, const uint8_t *from, const uint8_t *to)
{
	fallocate(a->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from - a->base, to - from);
}

void arena_free(struct arena *a)
{
	if (!a->base)
		return;
	munmap(a->base, a->size);
	close(a->fd);
	*a = (struct arena){ .fd = -1 };
}
