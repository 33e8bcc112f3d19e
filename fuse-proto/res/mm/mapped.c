// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a mapping shows: a file that stays where it is, or an object that travels, or neither.
 *
 * The kernel prints a path and an inode number; the truth is behind /proc/<pid>/map_files. A file
 * must be found at its path again, in the container's root, or the restore would map another.
 * Looked at once per file and snapshot, since every process maps the same libraries.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fdroom.h"
#include "mm.h"
#include "proc.h"
#include "res/inode/ghost.h"
#include "res/inode/memfd.h"
#include "res/inode/packet_ring.h"
#include "res/inode/shm.h"
#include "res/inode/sysv.h"
#include "res/inode/sysv_shm.h"
#include "res/inode/uring.h"
#include "res/ns/ns.h"
#include "rooms.h"

#define BUCKETS 512
#define GONE " (deleted)"

struct table {
	struct mapped *bucket[BUCKETS];
};

static const char key;

static struct table *table(struct snap *s)
{
	struct table *t = snap_noted(&s->tasks[0], &key);

	if (!t) {
		t = pool_alloc(&s->scratch, sizeof(*t));
		if (t)
			snap_note(s, &s->tasks[0], &key, t);
	}
	return t;
}

static bool ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), k = strlen(tail);

	return n >= k && !strcmp(s + n - k, tail);
}

/* Is what stands at the mapping's path, in its mount namespace, the file that is mapped? */
static bool still_there(struct snap *s, struct mm *mm, const char *path, const struct stat *st)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int root = snap_root(s, mm->task), fd;
	struct stat now;
	bool same;

	if (root < 0)
		return false;
	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	close(root);
	if (fd < 0)
		return false;
	same = !fstat(fd, &now) && now.st_dev == st->st_dev && now.st_ino == st->st_ino;
	close(fd);
	return same;
}

static void refuse(struct snap *s, const struct mm *mm, const struct vma *v, const char *why)
{
	snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", mm->id), "mapping %lx-%lx of %s: %s",
			 (long)v->start, (long)v->end, v->name, why);
}

/* A file without a name travels with what it holds; for every other its path is enough. */
static void look_ghost(struct snap *s, struct mm *mm, const struct vma *v, int fd,
		       const struct stat *st, struct mapped *m)
{
	size_t n = strlen(v->name) - (ends_with(v->name, GONE) ? sizeof(GONE) - 1 : 0);
	struct place p = { .path = { pool_strndup(&s->pool, v->name, n), n },
			   .mnt_ns = ns_id(s, mm->task, "mnt"), .gone = true };
	struct inode *i = p.path.p ? ghost(s, fd, st, &p) : NULL;

	if (!i)
		return refuse(s, mm, v, "the file is unlinked and cannot be read");
	m->kind = CRFS_VMA_INODE;
	m->inode = i->id;
}

/* sem_open(3) makes a file under one name, links it to that which was asked for, and maps the first. */
static bool has_other_name(struct snap *s, struct mm *mm, const struct stat *st, struct mapped *m)
{
	size_t n = strlen(m->name);
	char *path, *other = NULL;
	int root;

	if (*m->name != '/' || !ends_with(m->name, GONE))
		return false;
	root = snap_root(s, mm->task);
	path = pool_strndup(&s->pool, m->name, n - (sizeof(GONE) - 1));
	if (root >= 0 && path)
		other = place_other_name(s, root, path, st);
	if (root >= 0)
		close(root);
	if (other)
		m->path = other;
	return other;
}

static void look_file(struct snap *s, struct mm *mm, const struct vma *v, int fd,
		      const struct stat *st, struct mapped *m)
{
	bool zero = S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 5);

	if (!S_ISREG(st->st_mode) && !zero)
		return refuse(s, mm, v, "not a regular file: unmap it before the checkpoint");
	if (!st->st_nlink)
		return look_ghost(s, mm, v, fd, st, m);
	if (!still_there(s, mm, v->name, st) && !has_other_name(s, mm, st, m))
		return refuse(s, mm, v, "another file is at its path now: restart the program");
	if (!fileid_get(fd, &m->id))
		m->kind = CRFS_VMA_FILE;
}

/* Objects that have no file, by the name that the kernel prints. */
static const struct {
	const char *prefix;
	const struct resource *room;
	const char *why;
} objects[] = {
	{ "/dev/zero (deleted)", &res_inode_shm, NULL },
	{ "/memfd:", &res_inode_memfd, NULL },
	{ "/SYSV", &res_inode_sysv_shm, NULL },
	{ "/anon_hugepage", &res_inode_shm, NULL },
	{ "/secretmem", NULL, "secret memory (memfd_secret): cannot be read" },
	{ CRFS_URING_NAME, &res_inode_uring, NULL },
	{ "anon_inode:", NULL, "memory of a kernel object: close it before the checkpoint" },
	{ CRFS_RING_NAME, &res_inode_packet_ring, NULL },
};

/* A segment's number is the inode's; rings are found again with their socket or descriptor. */
static struct inode *inode_of(struct snap *s, struct mm *mm, const struct resource *room, const struct stat *st, int fd)
{
	if (room == &res_inode_sysv_shm)
		return sysv_inode(s, ns_id(s, mm->task, "ipc"), SYSV_SHM, st->st_ino, fd);
	if (room != &res_inode_packet_ring && room != &res_inode_uring)
		return snap_inode(s, room, st->st_dev, st->st_ino, fd);
	close(fd);
	return room == &res_inode_uring ? uring_inode(s, st->st_dev, st->st_ino) : packet_ring_inode(s, st->st_dev, st->st_ino);
}

static void look(struct snap *s, struct mm *mm, const struct vma *v, struct mapped *m)
{
	int fd = proc_open(s->proc, O_PATH, "%d/map_files/%lx-%lx", mm->task->tid, (long)v->start,
			   (long)v->end);
	struct inode *ino;
	struct stat st;
	size_t i;

	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return refuse(s, mm, v, "cannot be looked at through map_files");
	}
	for (i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (!strncmp(v->name, objects[i].prefix, strlen(objects[i].prefix)))
			break;
	if (i < sizeof(objects) / sizeof(objects[0]) && *v->name == '/' && st.st_nlink &&
	    still_there(s, mm, v->name, &st))
		i = sizeof(objects) / sizeof(objects[0]);	/* a file that is called so */
	if (i == sizeof(objects) / sizeof(objects[0])) {
		look_file(s, mm, v, fd, &st, m);
		close(fd);
	} else if (!objects[i].room) {
		refuse(s, mm, v, objects[i].why);
		close(fd);
	} else {
		ino = inode_of(s, mm, objects[i].room, &st, fd);
		if (!ino)
			return;
		m->kind = CRFS_VMA_INODE;
		m->inode = ino->id;
	}
}

struct mapped *mapped_find(struct snap *s, struct mm *mm, const struct vma *v)
{
	unsigned int ns = ns_id(s, mm->task, "mnt");
	struct table *t = table(s);
	struct mapped **p, *m;

	if (!t)
		return NULL;
	p = &t->bucket[(v->ino * 31 + v->dev) % BUCKETS];
	if (sysv_shm_named(v->name))	/* it is its number in another namespace that tells it from others */
		ns = ns_id(s, mm->task, "ipc");
	for (m = *p; m; m = m->next)
		if (m->ino == v->ino && m->dev == v->dev && m->mnt_ns == ns &&
		    !strcmp(m->name, v->name))
			return m;
	m = pool_alloc(&s->scratch, sizeof(*m));
	if (!m)
		return NULL;
	m->dev = v->dev;
	m->ino = v->ino;
	m->name = m->path = v->name;
	m->mnt_ns = ns;
	m->kind = CRFS_VMA_ANON;
	m->next = *p;
	*p = m;
	look(s, mm, v, m);
	return m;
}
