/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rooms of an address space share among themselves. */
#ifndef CRFS_MM_H
#define CRFS_MM_H

#include <linux/nodemask.h>

#include <crfs/res/mm/maps.h>

/**
 * struct fileid - how a file is known again
 * @build_id: hex, "" when it has none
 */
struct fileid {
	const char *build_id;
	u64 size;
	s64 mtime;
	u32 mtime_nsec;
};

int fileid_get(struct snap *s, struct file *file, struct fileid *id);

/**
 * struct mapped - what is mapped: a file, or what travels
 * @name: what it was mapped as; @path: where it is; @object: what travels
 */
struct mapped {
	const struct inode *inode;
	const char *name, *path;
	struct cinode *object;
	u32 mnt_ns, seen;
	u8 kind;
	struct fileid id;
	struct mapped *next;
};

/** struct rows - the mappings as the tree has them, and the files of the second section */
struct rows {
	struct crfs_vma *row;
	size_t nr, cap;
	struct mapped **file;
	size_t nr_files, files_cap;
	u64 vdso_at;
};

/* aio_mapped() - is it the ring of an AIO context? */
bool aio_mapped(const struct file *file);

/* aio_ring() - note such a ring; names what cannot be carried. Return: 1: it can, 0, or a negative errno; rows_read() alone calls it */
int aio_ring(struct snap *s, struct cmm *cmm, u64 start, u64 end, const struct file *file, const char *name);

int rows_read(struct snap *s, struct cmm *cmm, struct rows **rows);

/* probed_check() - name the first mapping whose code has breakpoints that no file of it has. Return: 0 or a negative errno */
int probed_check(struct snap *s, struct cmm *cmm);

/** row_private() - has this mapping pages of its own? */
static inline bool row_private(const struct crfs_vma *r)
{
	return !(r->flags & CRFS_VMA_SHARED) && r->kind != CRFS_VMA_VDSO &&
	       r->kind != CRFS_VMA_VVAR && r->kind != CRFS_VMA_DROPPABLE;
}

/* program_file() - what is run, with a reference, or NULL */
struct file *program_file(struct mm_struct *mm);

#ifdef CONFIG_NUMA
struct mempolicy;

/** struct policy - of NUMA, set by mbind(2) or set_mempolicy(2) */
struct policy {
	u32 mode, flags;
	nodemask_t nodes;
};

void policy_copy(const struct mempolicy *pol, struct policy *p);
void policy_nodes(const struct policy *p, struct text *list);
#endif

int pages_read(struct snap *s, struct cmm *cmm, const struct rows *rows, struct text *cow);

#endif
