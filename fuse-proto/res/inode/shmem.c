// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages of shared memory as extents in inodes/<id>/pages, both ways.
 *
 * Huge pages (hugetlbfs) are all carried, since nothing tells which were written. tmpfs tells by SEEK_DATA and SEEK_HOLE what was written, also when it is in swap now. Pages that
 * fallocate(2) reserved and nobody wrote read as zeros and are not carried.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <crfs/extent.h>

#include "shmem.h"
#include "stage.h"
#include "view.h"

#define PAGE 4096ULL

int shmem_open(struct inode *i)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", i->dup);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(i->dup);
	i->dup = fd;
	return 0;
}

struct source {
	struct snap *s;
	struct inode *i;
};

static ssize_t extent_pread(struct node *n, void *buf, size_t size, off_t off)
{
	const struct source *src = n->priv;
	size_t done = 0;
	ssize_t r;

	if (off < 0 || off >= n->size)
		return 0;
	if (size > (size_t)(n->size - off))
		size = n->size - off;
	while (done < size) {
		r = pread(src->i->dup, (char *)buf + done, size - done, n->arg + off + done);
		if (r < 0)
			return -errno;
		if (!r)
			break;
		done += r;
	}
	/* The last page of the extent may lie half behind the end. */
	memset((char *)buf + done, 0, size - done);
	return view_expired(src->s->view) ? -ESTALE : (ssize_t)size;
}

static const struct payload_ops ops = { .pread = extent_pread };

static int make_extent(struct snap *s, struct node *dir, struct source *src, __u64 from, __u64 to)
{
	char name[24];

	snprintf(name, sizeof(name), "%llx", (unsigned long long)from);
	return dir && tree_payload(s->tree, dir, name, to - from, &ops, src, from) ? 0 : -ENOMEM;
}

static int feed(struct snap *s, struct node *dir, struct source *src, struct crfs_extents *x,
		uint64_t start, uint64_t end)
{
	__u64 from, to;
	int rc = crfs_extents_feed(x, start, end);

	while (!rc && crfs_extents_next(x, &from, &to))
		rc = make_extent(s, dir, src, from, to);
	return rc;
}

int shmem_read(struct snap *s, struct inode *i, uint64_t size)
{
	struct source *src = pool_alloc(&s->pool, sizeof(*src));
	off_t data, hole = 0;
	struct crfs_extents x;
	struct node *dir = NULL;
	__u64 from, to;
	int rc = src ? 0 : -ENOMEM;

	crfs_extents_init(&x, PAGE, true);
	if (src)
		*src = (struct source){ s, i };
	while (!rc && (uint64_t)hole < size) {
		data = lseek(i->dup, hole, SEEK_DATA);
		if (data < 0)
			break;	/* ENXIO: nothing from here on */
		hole = lseek(i->dup, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		if (!dir)
			dir = tree_dir(s->tree, i->dir, "pages");
		data &= ~(PAGE - 1);
		hole = (hole + PAGE - 1) & ~(PAGE - 1);
		rc = feed(s, dir, src, &x, data, hole);
	}
	if (!rc && crfs_extents_last(&x, &from, &to))
		rc = make_extent(s, dir, src, from, to);
	return rc;
}

struct node *shmem_pages(const struct iobj *o)
{
	struct node *n;

	for (n = o->node->child; n; n = n->next)
		if (n->kind == NODE_DIR && !strcmp(n->name, "pages"))
			return n->child;
	return NULL;
}

/* "7f0000200000" as printed above: lower case, no leading zero */
static int parse_name(const char *name, uint64_t *at)
{
	char again[24], *end;

	*at = strtoull(name, &end, 16);
	snprintf(again, sizeof(again), "%llx", (unsigned long long)*at);
	return strcmp(name, again) ? -EINVAL : 0;
}

void shmem_check(struct image *im, const struct iobj *o, uint64_t size, uint64_t page)
{
	uint64_t at, last = (size + PAGE - 1) & ~(PAGE - 1);
	struct node *n;

	if (page && (page & (page - 1) || page <= PAGE || size % page))
		image_mismatch(im, -EINVAL, o->path, "page: not of huge pages");
	if (size > INT64_MAX - PAGE)
		image_mismatch(im, -EFBIG, o->path, "a size of %llu", (unsigned long long)size);
	for (n = shmem_pages(o); n; n = n->next)
		if (parse_name(n->name, &at) || n->kind != NODE_PAYLOAD || at % PAGE ||
		    n->size % PAGE || (uint64_t)n->size > CRFS_EXTENT_SIZE || at > last ||
		    (uint64_t)n->size > last - at)
			image_mismatch(im, -EINVAL, o->path, "pages/%s is not an extent of it",
				       n->name);
}

static int fill_extent(struct node *n, char *to)
{
	off_t off = 0, done = 0;
	int fd = node_backing(n, &off);
	ssize_t r;

	for (; done < n->size; done += r) {
		r = fd >= 0 ? pread(fd, to + done, n->size - done, off + done) :
			      node_pread(n, to + done, n->size - done, done);
		if (r <= 0)
			return r < 0 ? fd >= 0 ? -errno : (int)r : -EIO;
	}
	return 0;
}

int shmem_fill(struct restore *rs, const struct iobj *o, int fd, uint64_t size, uint64_t page)
{
	uint64_t whole = (size + PAGE - 1) & ~(PAGE - 1), at;
	struct node *n;
	char *map;
	int rc = 0;

	/* Huge pages are reserved by the mapping, or it fails; without that, touching them kills. */
	if (ftruncate(fd, size))
		return fail_on(rs->err, -errno, o->path, "%llu bytes of shared memory",
			       (unsigned long long)size);
	if (!whole)
		return 0;
	map = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_SHARED | (page ? 0 : MAP_NORESERVE), fd,
		   0);
	if (map == MAP_FAILED)
		return fail_on(rs->err, -errno, o->path, "mapping shared memory: %s", page ?
			       "raise vm.nr_hugepages" : "free memory");
	for (n = shmem_pages(o); n && !rc; n = n->next) {
		rc = parse_name(n->name, &at);
		if (!rc)
			rc = fill_extent(n, map + at);
	}
	munmap(map, whole);
	return rc ? fail_on(rs->err, rc, o->path, "filling shared memory") : 0;
}
