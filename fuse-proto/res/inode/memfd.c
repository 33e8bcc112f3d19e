// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A memfd: a nameless file in the kernel's own tmpfs, with seals; memfd_create(2).
 *
 * Its name is in the link of every descriptor and mapping. Lost: times, extended attributes.
 * MFD_NOEXEC_SEAL came with 6.3; what it does shows in the mode and the exec seal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <crfs/res/inode/memfd.h>

#include "attributes.h"
#include "memfd.h"
#include "shmem.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x10
#endif

bool memfd_link(const char *link)
{
	size_t n = strlen(link);

	return !strncmp(link, "/memfd:", 7) && n >= 17 && !strcmp(link + n - 10, " (deleted)");
}

static int memfd_name(struct snap *s, const struct inode *i, struct crfs_str *name)
{
	char path[40], link[512];
	ssize_t n;
	char *p;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", i->dup);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return -errno;
	link[n] = 0;
	if (strncmp(link, "/memfd:", 7) || n < 17)
		return -EINVAL;
	p = pool_strndup(&s->pool, link + 7, n - 17);
	*name = (struct crfs_str){ p, n - 17 };
	return p ? 0 : -ENOMEM;
}

static int memfd_read(struct snap *s, void *obj, struct text *out)
{
	struct inode *i = obj;
	struct crfs_inode_memfd rec = { 0 };
	struct stat st;
	int rc = shmem_open(i), seals;

	if (!rc)
		rc = memfd_name(s, i, &rec.name);
	if (!rc && fstat(i->dup, &st))
		rc = -errno;
	seals = rc ? 0 : fcntl(i->dup, F_GET_SEALS);
	if (rc || seals < 0)
		return fail(s->err, rc ? rc : -errno, "looking at a memfd");
	rec.size = st.st_size;
	rec.page = shmem_page(&st);
	rec.mode = st.st_mode & 07777;
	rec.uid = st.st_uid;
	rec.gid = st.st_gid;
	rec.seals = seals;
	lost_xattrs(s, i, "a memfd");
	lost_flags(s, snap_obj(s, "inodes", i->id), i->dup, "a memfd");
	text_section(out, &crfs_inode_memfd_shape);
	text_rec(out, &crfs_inode_memfd_shape, &rec);
	return shmem_read(s, i, rec.size);
}

static void memfd_check(struct image *im, struct iobj *o)
{
	const struct crfs_inode_memfd *r = image_rec(o, &res_inode_memfd, 0);

	if (!r)
		return;
	if (r->name.len > 249 || memchr(r->name.p, 0, r->name.len))
		image_mismatch(im, -EINVAL, o->path, "name: not one of a memfd");
	if (r->seals & ~0x3fU)
		image_mismatch(im, -EINVAL, o->path, "seals: unknown ones");
	shmem_check(im, o, r->size, r->page);
}

static int memfd_new(const struct crfs_inode_memfd *r)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	char name[256];
	int fd;

	if (r->page)
		flags |= MFD_HUGETLB | shmem_huge(r->page);

	snprintf(name, sizeof(name), "%.*s", (int)r->name.len, r->name.p);
	fd = memfd_create(name, flags | MFD_EXEC);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	return fd < 0 ? -errno : fd;
}

/*
 * Writable mappings are made later, by the tasks: a seal against future writing must wait for them
 * (res/mm/flags.c). One against writing never had any.
 */
static int memfd_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_inode_memfd *r = image_rec(o, &res_inode_memfd, 0);
	uint32_t seals = r->seals;
	int rc;

	if (seals & F_SEAL_FUTURE_WRITE)
		seals &= ~(F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
	o->fd = memfd_new(r);
	if (o->fd < 0)
		return fail_on(rs->err, o->fd, o->path, "memfd_create");
	rc = shmem_fill(rs, o, o->fd, r->size, r->page);
	if (rc)
		return rc;
	if (fchown(o->fd, r->uid, r->gid) || fchmod(o->fd, r->mode))
		return fail_on(rs->err, -errno, o->path, "owner and mode of a memfd");
	if (seals && fcntl(o->fd, F_ADD_SEALS, seals))
		return fail_on(rs->err, -errno, o->path, "sealing a memfd");
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_inode_memfd_shape, NULL };
static const char *const payloads[] = { "pages/", NULL };

const struct resource res_inode_memfd = {
	.name = "memfd",
	.scope = PER_INODE,
	.shapes = shapes,
	.payloads = payloads,
	.read = memfd_read,
	.check = memfd_check,
	.make = memfd_make,
};
