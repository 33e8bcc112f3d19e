// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A System V shared memory segment: shmget(2), shmctl(2).
 *
 * Its file is one of the kernel's own tmpfs (or hugetlbfs), seen through /proc/<pid>/map_files of who
 * has it attached; one that nobody has attached we attach for a moment. The number of attachments
 * that the kernel counts is compared with those of the container: a segment that others have
 * attached, too, is a leak. One that is attached by nobody travels only with an IPC namespace of the
 * container's own; in that of the mounter nothing says whose it is.
 *
 * Lost: times, and the pids of creator and last user, which become those of the restorer and of the
 * tasks that attach it. A looked at unattached segment shows the reader as its last user.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#include <crfs/res/inode/sysv_shm.h>

#include "proc.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "shmem.h"
#include "sysv.h"
#include "sysv_shm.h"

#ifndef SHM_HUGETLB
#define SHM_HUGETLB 04000
#endif
#define PAGE 4096ULL

bool sysv_shm_named(const char *name)
{
	return !strncmp(name, "/SYSV", 5);
}

/* The file behind a mapping of ours */
static int file_at(const void *map, uint64_t size, int flags)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", (long)map,
		 (long)map + (long)size);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* How long its mapping is says only /proc: a huge page may be more than the segment. */
static uint64_t mapped_bytes(const void *map, uint64_t size)
{
	char line[512];
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned long start, end;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start == (unsigned long)map)
			size = end - start;
	if (f)
		fclose(f);
	return size;
}

/* Attached for a moment. Return: a descriptor or a negative errno */
static int borrow(int id, uint64_t size, int how, int flags)
{
	void *map = shmat(id, NULL, how);
	int fd;

	if (map == (void *)-1)
		return -errno;
	size = (size + PAGE - 1) & ~(PAGE - 1);
	fd = file_at(map, size, flags);
	if (fd == -ENOENT)
		fd = file_at(map, mapped_bytes(map, size), flags);
	shmdt(map);
	return fd;
}

/* As /proc/<pid>/maps counts them, and the kernel does. */
static unsigned long attachments(struct snap *s, unsigned int ns, int id)
{
	unsigned long n = 0;
	size_t i, k;

	for (i = 0; i < s->nr_mms; i++)
		for (k = 0; k < s->mms[i]->nr_vmas && ns_id(s, s->mms[i]->task, "ipc") == ns; k++)
			n += s->mms[i]->vmas[k].ino == (ino_t)id &&
			     sysv_shm_named(s->mms[i]->vmas[k].name);
	return n;
}

/* Segments without attachments are removed when their maker ends: it would be the restorer. */
static bool removed_with_maker(struct snap *s, unsigned int ns)
{
	struct visit v;
	char *text;
	bool yes;

	if (sysv_begin(s, ns, &v))
		return false;
	text = proc_read(s->proc, NULL, "sys/kernel/shm_rmid_forced");
	yes = text && *text == '1';
	free(text);
	return !visit_end(&v) && yes;
}

void sysv_shm_mapped(struct snap *s, const struct mm *mm, unsigned int id, const struct vma *v)
{
	const struct inode *i = id ? s->inodes[id - 1] : NULL;
	struct stat st;

	if (!i || i->room != &res_inode_sysv_shm || i->dup < 0 || fstat(i->dup, &st))
		return;
	if (v->pgoff + (v->end - v->start) > (((uint64_t)st.st_size + PAGE - 1) & ~(PAGE - 1)))
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", mm->id),
				 "mapping %lx-%lx of %s: reaches beyond its System V segment: unmap that part",
				 (long)v->start, (long)v->end, v->name);
}

static void name_obstacles(struct snap *s, const struct inode *i, const struct shmid_ds *ds)
{
	unsigned long ours = attachments(s, sysv_ns(i), sysv_id(i));

	if (s->live)
		return;
	if (!ds->shm_nattch && removed_with_maker(s, sysv_ns(i)))
		snap_unsupported(s, -EOPNOTSUPP, sysv_name(s, i),
				 "System V segment %d is attached by nobody, and would go with its maker (kernel.shm_rmid_forced): let a task attach it",
				 sysv_id(i));
	if (ds->shm_nattch > ours)
		snap_unsupported(s, -EXDEV, sysv_name(s, i),
				 "System V segment %d is attached %lu times outside the container: end those who have it, or run the container under unshare --ipc",
				 sysv_id(i), (unsigned long)ds->shm_nattch - ours);
	else if (ds->shm_nattch < ours)
		snap_unsupported(s, -EXDEV, sysv_name(s, i),
				 "System V segment %d is attached from another IPC namespace: let the program detach it",
				 sysv_id(i));
}

/* Return: 0, or -errno with the reason noted; @there: it is in the namespace, and can be read */
static int look(struct snap *s, struct inode *i, struct shmid_ds *ds, bool *there)
{
	struct visit v;
	int rc = sysv_begin(s, sysv_ns(i), &v);

	if (rc)
		return rc;
	*there = !shmctl(sysv_id(i), IPC_STAT, ds);
	if (*there && i->dup < 0 && !s->live) {
		i->dup = borrow(sysv_id(i), ds->shm_segsz, SHM_RDONLY, O_RDONLY);
		rc = i->dup < 0 ? fail(s->err, i->dup, "attaching segment %d", sysv_id(i)) : 0;
	}
	return visit_end(&v) ?: rc;
}

static int shm_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_sysv_shm rec = { .size = 0 };
	struct shmid_ds ds = { .shm_nattch = 0 };
	struct inode *i = obj;
	struct stat st = { .st_size = 0 };
	bool there = false;
	int rc = look(s, i, &ds, &there);

	if (!rc && i->dup >= 0)
		rc = shmem_open(i);
	if (!rc && i->dup >= 0 && fstat(i->dup, &st))
		rc = -errno;
	if (rc)
		return fail(s->err, rc, "opening it through map_files");
	if (there || s->live)
		name_obstacles(s, i, &ds);
	else
		snap_unsupported(s, -EXDEV, sysv_name(s, i),
				 "System V segment %d is attached from another IPC namespace: let the program detach it",
				 sysv_id(i));
	sysv_perm(i, &ds.shm_perm, &rec.perm);
	rec.size = ds.shm_segsz;
	rec.page = shmem_page(&st);
	rec.locked = !!(ds.shm_perm.mode & SHM_LOCKED);
	rec.removed = !!(ds.shm_perm.mode & SHM_DEST);
	text_section(out, &crfs_sysv_shm_shape);
	text_rec(out, &crfs_sysv_shm_shape, &rec);
	return i->dup < 0 ? 0 : shmem_read(s, i, st.st_size);
}

static uint64_t whole(const struct crfs_sysv_shm *r)
{
	uint64_t page = r->page ? r->page : PAGE;

	return (r->size + page - 1) & ~(page - 1);
}

uint64_t sysv_shm_bytes(const struct iobj *o)
{
	return whole(image_rec(o, &res_inode_sysv_shm, 0));
}

/* What a container that was killed has left may be taken again; anything else may not. */
static bool same(const struct crfs_sysv_shm *r)
{
	struct shmid_ds ds;

	return !shmctl(r->perm.id, IPC_STAT, &ds) && (uint32_t)ds.shm_perm.__key == r->perm.key &&
	       ds.shm_segsz == r->size && !ds.shm_nattch && ds.shm_perm.cuid == r->perm.cuid &&
	       ds.shm_perm.cgid == r->perm.cgid;
}

static void shm_check(struct image *im, struct iobj *o)
{
	const struct crfs_sysv_shm *r = image_rec(o, &res_inode_sysv_shm, 0);
	bool attached = o->wanted;	/* mappings have been looked at before */
	struct sysv *v = r ? sysv_check(im, o, &r->perm, SYSV_SHM) : NULL;

	if (!v)
		return;
	if (!r->size || r->size > 1ULL << 46 || r->locked > 1 || r->removed > 1)
		image_mismatch(im, -EINVAL, o->path, "not of a segment");
	if (r->page && (r->page & (r->page - 1) || r->page <= PAGE))
		image_mismatch(im, -EINVAL, o->path, "page: not of huge pages");
	else
		shmem_check(im, o, whole(r), r->page);
	if (!attached && (r->removed || !r->perm.ipc_ns))
		image_mismatch(im, -EINVAL, o->path, "no task has it attached");
	if (v->there && !same(r))
		sysv_stranger(im, o, &r->perm);
}

static int get(const void *arg, int key, int flags)
{
	const struct crfs_sysv_shm *r = arg;
	int huge = r->page ? SHM_HUGETLB | shmem_huge(r->page) : 0;
	int id = shmget(key, r->size, flags | huge);

	/* Whether it was accounted nobody says. */
	return id < 0 && errno == ENOMEM ? shmget(key, r->size, flags | huge | SHM_NORESERVE) : id;
}

static int put_rights(struct restore *rs, struct iobj *o, const struct crfs_sysv_shm *r)
{
	struct shmid_ds ds = { .shm_perm = { .uid = r->perm.uid, .gid = r->perm.gid,
					     .mode = r->perm.mode } };

	if (shmctl(r->perm.id, IPC_SET, &ds))
		return fail_on(rs->err, -errno, o->path, "owner and mode");
	if (shmctl(r->perm.id, r->locked ? SHM_LOCK : SHM_UNLOCK, NULL))
		return fail_on(rs->err, -errno, o->path, "SHM_LOCK: needs CAP_IPC_LOCK");
	return 0;
}

/* One that is removed lives as long as somebody has it: until the tasks do, we. */
static int hold_removed(struct restore *rs, struct iobj *o, const struct crfs_sysv_shm *r)
{
	void *map = shmat(r->perm.id, NULL, SHM_RDONLY);

	if (map == (void *)-1 || shmctl(r->perm.id, IPC_RMID, NULL))
		return fail_on(rs->err, -errno, o->path, "removing it");
	((struct sysv *)o->priv)->held = map;
	return 0;
}

static int shm_make(struct restore *rs, struct iobj *o)
{
	const struct crfs_sysv_shm *r = image_rec(o, &res_inode_sysv_shm, 0);
	int fd, rc = sysv_make(rs, o, &r->perm, SYSV_SHM, get, r);

	if (rc)
		return rc;
	fd = borrow(r->perm.id, r->size, 0, O_RDWR);
	if (fd < 0)
		return fail_on(rs->err, fd, o->path, "opening it through map_files: needs CAP_SYS_ADMIN");
	if (((struct sysv *)o->priv)->there &&
	    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, whole(r)))
		rc = fail_on(rs->err, -errno, o->path, "emptying what was left of it");
	if (!rc)
		rc = shmem_fill(rs, o, fd, r->page ? whole(r) : r->size, r->page);
	close(fd);
	if (!rc)
		rc = put_rights(rs, o, r);
	return rc ?: r->removed ? hold_removed(rs, o, r) : 0;
}

/* By now those have it who should: let go, or a look at the container would find us there. */
static int shm_finish(struct restore *rs, struct iobj *o)
{
	const struct sysv *v = o->priv;

	(void)rs;
	if (v && v->held)
		shmdt(v->held);
	return 0;
}

static void shm_undo(struct image *im, struct iobj *o)
{
	const struct crfs_sysv_shm *r = image_rec(o, &res_inode_sysv_shm, 0);

	(void)im;
	if (r && sysv_undo(o, &r->perm) && same(r))
		shmctl(r->perm.id, IPC_RMID, NULL);
}

const struct resource res_inode_sysv_shm = {
	.name = "sysv_shm",
	.scope = PER_INODE,
	.shapes = (const struct crfs_shape *const[]){ &crfs_sysv_shm_shape, NULL },
	.payloads = (const char *const[]){ "pages/", NULL },
	.read = shm_read,
	.check = shm_check,
	.make = shm_make,
	.finish = shm_finish,
	.undo = shm_undo,
};
