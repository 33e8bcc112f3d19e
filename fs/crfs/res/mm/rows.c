// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of a task as rows of the tree: their kind, their flags, and neighbours made one.
 *
 * From the VMAs. What is kept of vm_flags, and what is refused, is a table; the words are
 * those of VmFlags in /proc/<pid>/smaps. Files are looked at when the mmap lock is given back.
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/namei.h>
#include <linux/pkeys.h>
#include <linux/sched/mm.h>
#include <linux/stat.h>

#include <crfs/vma.h>

#include "internal.h"
#include "res/inode/packet_ring.h"
#include "res/inode/sysv.h"
#include "res/inode/uring.h"
#include "res/mm/mm.h"

#ifndef VM_SHADOW_STACK
#define VM_SHADOW_STACK 0
#endif
#ifndef VM_DROPPABLE
#define VM_DROPPABLE 0
#endif
#ifndef VM_SEALED
#define VM_SEALED 0
#endif

/* Neither @flag nor @why: it follows from other things, or says nothing that lasts. */
static const struct {
	u64 bit, flag;
	const char *word, *why;
} bits[] = {
	{ VM_IO, 0, "io", "device memory" },
	{ VM_PFNMAP, 0, "pf", "memory without pages" },
	{ VM_MIXEDMAP, 0, "mm", "memory of a driver" },
	{ VM_SYNC, 0, "sf", "synchronous mapping (MAP_SYNC)" },
	{ VM_UFFD_MISSING, 0, "um", "registered with userfaultfd" },
	{ VM_UFFD_WP, 0, "uw", "registered with userfaultfd" },
#ifdef CONFIG_HAVE_ARCH_USERFAULTFD_MINOR
	{ VM_UFFD_MINOR, 0, "ui", "registered with userfaultfd" },
#endif
	{ VM_PAT, 0, "ar", "memory with a cache mode of its own" },
	{ VM_SHADOW_STACK, 0, "ss", "shadow stack" },
	{ VM_MAYWRITE, CRFS_VMA_MAYWRITE, NULL, NULL },
	{ VM_MAYSHARE, CRFS_VMA_SHARED, NULL, NULL },
	{ VM_GROWSDOWN, CRFS_VMA_GROWSDOWN, NULL, NULL },
	{ VM_NORESERVE, CRFS_VMA_NORESERVE, NULL, NULL },
	{ VM_LOCKED, CRFS_VMA_LOCKED, NULL, NULL },
	{ VM_LOCKONFAULT, CRFS_VMA_LOCKONFAULT, NULL, NULL },
	{ VM_SEQ_READ, CRFS_VMA_SEQUENTIAL, NULL, NULL },
	{ VM_RAND_READ, CRFS_VMA_RANDOM, NULL, NULL },
	{ VM_DONTCOPY, CRFS_VMA_DONTFORK, NULL, NULL },
	{ VM_WIPEONFORK, CRFS_VMA_WIPEONFORK, NULL, NULL },
	{ VM_DONTDUMP, CRFS_VMA_DONTDUMP, NULL, NULL },
	{ VM_HUGEPAGE, CRFS_VMA_HUGEPAGE, NULL, NULL },
	{ VM_NOHUGEPAGE, CRFS_VMA_NOHUGEPAGE, NULL, NULL },
	{ VM_MERGEABLE, CRFS_VMA_MERGEABLE, NULL, NULL },
	{ VM_SEALED, CRFS_VMA_SEALED, NULL, NULL },
};

/** struct look - a VMA, copied while the mmap lock is held; @file: with a reference */
struct look {
	u64 start, end, flags, pgoff, hugepage;
	u32 pkey;
	struct file *file;
	const char *name;
};

static void refuse(struct snap *s, const struct cmm *cmm, const struct look *v, const char *why,
		   const char *word)
{
	snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", cmm->id),
			 "mapping %llx-%llx %s: %s (%s): unmap it before the checkpoint", v->start,
			 v->end, v->name, why, word);
}

static void refuse_file(struct snap *s, const struct cmm *cmm, const struct look *v,
			const char *why)
{
	snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", cmm->id), "mapping %llx-%llx of %s: %s",
			 v->start, v->end, v->name, why);
}

/* Rings of packet sockets and io_urings are the driver's memory that travels; those of io_uring were without pages before 6.10. */
static u64 of_rings(const struct look *v)
{
	if (v->file && uring_named(v->name))
		return VM_MIXEDMAP | VM_PFNMAP | VM_IO | VM_DONTDUMP;
	return v->file && ring_named(v->name) ? VM_MIXEDMAP : 0;
}

static u64 row_flags(struct snap *s, const struct cmm *cmm, const struct look *v)
{
	const u64 own = v->flags & ~of_rings(v);
	u64 flags = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		if (!(own & bits[i].bit))
			continue;
		if (bits[i].why)
			refuse(s, cmm, v, bits[i].why, bits[i].word);
		flags |= bits[i].flag;
	}
	if (!(flags & CRFS_VMA_SHARED))
		flags &= ~(u64)CRFS_VMA_MAYWRITE;
	return flags;
}

/* Objects that have no file, by the name that the kernel gives them. */
static const struct {
	const char *prefix;
	const struct room *room;
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

static void look_ghost(struct snap *s, struct cmm *cmm, const struct look *v, struct mapped *m)
{
	struct place p = { .mnt_ns = cmm->task->ns[NS_MNT], .gone = true };
	size_t n = strlen(v->name), tail = strlen(" (deleted)");
	struct cinode *i;

	if (n > tail && !strcmp(v->name + n - tail, " (deleted)"))
		n -= tail;
	p.path = str_of(snap_printf(s, "%.*s", (int)n, v->name));
	i = ghost(s, v->file, &p);
	if (IS_ERR(i)) {
		refuse_file(s, cmm, v, "the file is unlinked and cannot be read");
		return;
	}
	m->kind = CRFS_VMA_INODE;
	m->object = i;
}

/* sem_open(3) makes a file under one name, links it to that which was asked for, and maps the first. */
static bool has_other_name(struct snap *s, struct cmm *cmm, const struct look *v, struct mapped *m)
{
	size_t n = strlen(v->name), tail = strlen(" (deleted)");
	char *path, *other;

	if (*v->name != '/' || n <= tail || strcmp(v->name + n - tail, " (deleted)"))
		return false;
	path = snap_printf(s, "%.*s", (int)(n - tail), v->name);
	other = path ? path_other(s, cmm->task->ns[NS_MNT], path, &v->file->f_path, file_inode(v->file)->i_ino) : NULL;
	if (other)
		m->path = other;
	return other;
}

static void look_file(struct snap *s, struct cmm *cmm, const struct look *v, struct mapped *m)
{
	struct inode *inode = file_inode(v->file);
	bool zero = S_ISCHR(inode->i_mode) && inode->i_rdev == MKDEV(1, 5);

	if (!S_ISREG(inode->i_mode) && !zero)
		return refuse_file(s, cmm, v, "not a regular file: unmap it before the checkpoint");
	if (!inode->i_nlink)
		return look_ghost(s, cmm, v, m);
	if (!path_leads(s, m->mnt_ns, v->name, &v->file->f_path, false) && !has_other_name(s, cmm, v, m))
		return refuse_file(s, cmm, v, "another file is at its path now: restart the program");
	if (!fileid_get(s, v->file, &m->id))
		m->kind = CRFS_VMA_FILE;
}

/* A segment's number is the inode's; rings are found again with their socket or descriptor. NULL: cannot be opened */
static struct cinode *inode_of(struct snap *s, struct cmm *cmm, const struct look *v,
			       const struct room *room)
{
	struct file *own;

	if (room == &res_inode_uring)
		return uring_inode(s, v->file);
	if (room == &res_inode_packet_ring)
		return packet_ring_inode(s, v->file);
	own = file_reopen(v->file);
	snap_tried(s, PTR_ERR_OR_ZERO(own));
	if (IS_ERR(own))
		return NULL;
	if (room == &res_inode_sysv_shm)
		return sysv_inode(s, cmm->task->ns[NS_IPC], SYSV_SHM, file_inode(v->file)->i_ino, own);
	return snap_inode(s, room, file_inode(v->file), own);
}

static void look_object(struct snap *s, struct cmm *cmm, const struct look *v, struct mapped *m)
{
	struct cinode *n;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(objects); i++)
		if (!strncmp(v->name, objects[i].prefix, strlen(objects[i].prefix)))
			break;
	if (*v->name == '/' && !kernel_named(v->file))
		i = ARRAY_SIZE(objects);	/* a file that is called so */
	if (i == ARRAY_SIZE(objects))
		return look_file(s, cmm, v, m);
	if (!objects[i].room)
		return refuse_file(s, cmm, v, objects[i].why);
	n = inode_of(s, cmm, v, objects[i].room);
	if (!n)
		return refuse_file(s, cmm, v, "cannot be opened");
	m->kind = CRFS_VMA_INODE;
	m->object = n;
}

#define BUCKETS 256

static struct mapped *mapped_find(struct snap *s, struct cmm *cmm, const struct look *v)
{
	const struct inode *inode = file_inode(v->file);
	struct mapped **p, *m;

	if (!s->mapped)
		s->mapped = snap_alloc(s, BUCKETS * sizeof(*s->mapped));
	if (!s->mapped)
		return NULL;
	p = &s->mapped[((unsigned long)inode >> 6) % BUCKETS];
	for (m = *p; m; m = m->next)
		if (m->inode == inode && m->mnt_ns == cmm->task->ns[NS_MNT] &&
		    !strcmp(m->name, v->name))
			return m;
	m = snap_alloc(s, sizeof(*m));
	if (!m)
		return NULL;
	*m = (struct mapped){ .inode = inode, .name = v->name, .path = v->name,
			      .mnt_ns = cmm->task->ns[NS_MNT],
			      .kind = CRFS_VMA_ANON, .next = *p };
	*p = m;
	look_object(s, cmm, v, m);
	return m;
}

static int list_file(struct snap *s, const struct cmm *cmm, struct rows *r, struct mapped *m)
{
	struct mapped **file;

	if (m->seen == cmm->id)
		return 0;
	file = snap_grow(s, r->file, r->nr_files, &r->files_cap, sizeof(*file));
	if (!file)
		return -ENOMEM;
	m->seen = cmm->id;
	r->file = file;
	r->file[r->nr_files++] = m;
	return 0;
}

/* mremap(2) lets a mapping grow, whatever there is of its file; shmat(2) does not. */
static void look_beyond(struct snap *s, const struct cmm *cmm, const struct look *v)
{
	if ((v->pgoff << PAGE_SHIFT) + (v->end - v->start) > PAGE_ALIGN(i_size_read(file_inode(v->file))))
		refuse_file(s, cmm, v, "reaches beyond its System V segment: unmap that part");
}

static int row_object(struct snap *s, struct cmm *cmm, const struct look *v, struct rows *r,
		      struct crfs_vma *row)
{
	struct mapped *m = mapped_find(s, cmm, v);

	if (!m)
		return -ENOMEM;
	row->kind = m->kind;
	if (m->object) {
		row->inode = m->object->id;
		m->object->vmas++;
	}
	row->offset = v->pgoff << PAGE_SHIFT;
	packet_ring_mapped(m->object, row);
	uring_mapped(m->object, row);
	if (m->object && m->object->room == &res_inode_sysv_shm)
		look_beyond(s, cmm, v);
	if (m->kind != CRFS_VMA_FILE)
		return 0;
	row->path = str_of(m->path);
	return list_file(s, cmm, r, m);
}

static int row_aio(struct snap *s, struct cmm *cmm, const struct look *v, struct crfs_vma *row)
{
	int rc = aio_ring(s, cmm, v->start, v->end, v->file, v->name);

	row->kind = rc > 0 ? CRFS_VMA_AIO : CRFS_VMA_ANON;
	return min(rc, 0);
}

static bool named(const struct look *v, const char *name)
{
	return !v->file && !strcmp(v->name, name);
}

static int make_row(struct snap *s, struct cmm *cmm, const struct look *v, struct rows *r,
		    struct crfs_vma *row)
{
	*row = (struct crfs_vma){ .start = v->start, .end = v->end, .pkey = v->pkey };
	row->prot = (v->flags & VM_READ ? 1 : 0) | (v->flags & VM_WRITE ? 2 : 0) |
		    (v->flags & VM_EXEC ? 4 : 0);
	if (named(v, "[vvar]") || named(v, "[vvar_vclock]")) {
		row->kind = CRFS_VMA_VVAR;
		return 0;
	}
	if (named(v, "[vdso]")) {
		row->kind = CRFS_VMA_VDSO;
		row->inode = vdso_inode(s);
		return row->inode ? 0 : -ENOMEM;
	}
	if (named(v, "[uprobes]"))
		refuse(s, cmm, v, "probed by perf or a tracer", v->name);
	row->flags = row_flags(s, cmm, v);
	if (v->hugepage && !(row->flags & CRFS_VMA_SHARED) && !strncmp(v->name, "/anon_hugepage", 14) &&
	    kernel_named(v->file)) {
		row->kind = CRFS_VMA_HUGETLB;
		row->page = v->hugepage;
		return 0;
	}
	if (v->flags & VM_DROPPABLE)
		row->kind = CRFS_VMA_DROPPABLE;
	else if (v->file && aio_mapped(v->file))
		return row_aio(s, cmm, v, row);
	else if (v->file)
		return row_object(s, cmm, v, r, row);
	else if (*v->name == '[')
		refuse(s, cmm, v, "unknown kind of memory", v->name);
	else
		row->path = str_of(v->name);
	return 0;
}

static int add_row(struct snap *s, struct rows *r, const struct crfs_vma *row)
{
	struct crfs_vma *rows;

	if (r->nr && crfs_vma_joins(&r->row[r->nr - 1], row)) {
		r->row[r->nr - 1].end = row->end;
		return 0;
	}
	rows = snap_grow(s, r->row, r->nr, &r->cap, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	r->row = rows;
	r->row[r->nr++] = *row;
	return 0;
}

/* What a VMA without a file is called; the name given by prctl(2) as it is. */
static const char *name_of(struct snap *s, struct vm_area_struct *vma)
{
	struct anon_vma_name *anon = anon_vma_name(vma);
	const char *name = vma->vm_ops && vma->vm_ops->name ? vma->vm_ops->name(vma) : NULL;

	return name ? name : anon ? snap_printf(s, "%s", anon->name) : "";
}

static size_t copy_vmas(struct snap *s, struct mm_struct *mm, struct look *v, size_t size)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	size_t n = 0;

	for_each_vma(vmi, vma) {
		if (n < size)
			v[n] = (struct look){
				.start = vma->vm_start, .end = vma->vm_end, .flags = vma->vm_flags,
				.pgoff = vma->vm_pgoff, .pkey = vma_pkey(vma),
				.hugepage = is_vm_hugetlb_page(vma) ? vma_kernel_pagesize(vma) : 0,
				.file = vma->vm_file ? get_file(vma->vm_file) : NULL,
				.name = name_of(s, vma),
			};
		n++;
	}
	return n;
}

static int look_at(struct snap *s, struct cmm *cmm, struct mm_struct *mm, struct rows *r)
{
	struct crfs_vma row;
	struct look *v;
	size_t n, i;
	int rc = 0;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	n = mm->map_count;
	v = snap_alloc(s, n * sizeof(*v));
	if (v)
		n = min(copy_vmas(s, mm, v, n), n);
	mmap_read_unlock(mm);
	for (i = 0; v && i < n; i++) {
		if (v[i].file && !rc)
			v[i].name = path_text(s, &v[i].file->f_path);
		if (!v[i].name)
			rc = -ENOMEM;
		if (!rc)
			rc = make_row(s, cmm, &v[i], r, &row);
		if (!rc)
			rc = add_row(s, r, &row);
		if (v[i].file)
			fput(v[i].file);
		cond_resched();
	}
	return v ? rc : -ENOMEM;
}

/* rows_read() - all mappings of @cmm, once; names what cannot be carried */
int rows_read(struct snap *s, struct cmm *cmm, struct rows **rows)
{
	struct mm_struct *mm;
	int rc;

	*rows = cmm->rows;
	if (*rows)
		return 0;
	*rows = snap_alloc(s, sizeof(**rows));
	mm = cmm_get(cmm);
	if (!*rows || !mm) {
		if (mm)
			mmput(mm);
		return mm ? -ENOMEM : -ESTALE;
	}
	rc = look_at(s, cmm, mm, *rows);
	mmput(mm);
	if (!rc)
		cmm->rows = *rows;
	return rc;
}
