// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shared anonymous memory: mmap(MAP_SHARED | MAP_ANONYMOUS), or of /dev/zero.
 *
 * A nameless file in the kernel's own tmpfs, seen through /proc/<pid>/map_files. Made again by such
 * a mapping in the controller; its file is then reached as it was read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <crfs/res/inode/shm.h>

#include "proc.h"
#include "shm.h"
#include "shmem.h"

static int shm_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *i = obj;
	struct crfs_inode_shm rec;
	struct stat st;
	int rc = shmem_open(i);

	if (rc || fstat(i->dup, &st))
		return fail(s->err, rc ? rc : -errno, "opening shared memory through map_files");
	rec = (struct crfs_inode_shm){ .size = st.st_size, .page = shmem_page(&st) };
	text_section(out, &crfs_inode_shm_shape);
	text_rec(out, &crfs_inode_shm_shape, &rec);
	return shmem_read(s, i, rec.size);
}

static void shm_check(struct image *im, struct iobj *o)
{
	const struct crfs_inode_shm *r = image_rec(o, &res_inode_shm, 0);

	if (!r || !r->size || r->size % 4096)
		return image_mismatch(im, -EINVAL, o->path, "size: must be of whole pages");
	shmem_check(im, o, r->size, r->page);
}

/* The file behind a mapping of ours; CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE */
static int file_behind(void *map, uint64_t size)
{
	return proc_own(O_RDWR, "self/map_files/%lx-%lx", (long)map, (long)map + (long)size);
}

static int shm_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_inode_shm *r = image_rec(o, &res_inode_shm, 0);
	int huge = r->page ? MAP_HUGETLB | shmem_huge(r->page) : MAP_NORESERVE;
	void *map = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | huge,
			 -1, 0);

	if (map == MAP_FAILED)
		return fail_on(rs->err, -errno, o->path, "%llu bytes of shared memory, page size %llu",
			       (unsigned long long)r->size, (unsigned long long)r->page);
	o->fd = file_behind(map, r->size);
	munmap(map, r->size);
	if (o->fd < 0)
		return fail_on(rs->err, o->fd, o->path,
			       "opening it through map_files: needs CAP_SYS_ADMIN");
	return shmem_fill(rs, o, o->fd, r->size, r->page);
}

static const struct crfs_shape *const shapes[] = { &crfs_inode_shm_shape, NULL };
static const char *const payloads[] = { "pages/", NULL };

const struct resource res_inode_shm = {
	.name = "shm",
	.scope = PER_INODE,
	.shapes = shapes,
	.payloads = payloads,
	.read = shm_read,
	.check = shm_check,
	.make = shm_make,
};
