/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rooms of an address space share among themselves. */
#ifndef CRFS_RES_MM_H
#define CRFS_RES_MM_H

#include <crfs/extent.h>
#include <crfs/res/mm/maps.h>
#include <crfs/res/mm/status.h>

#include "fileid.h"
#include "maps.h"
#include "resource.h"

struct keep;

#define PAGE 4096ULL
#define USER_END 0x7ffffffff000ULL	/* x86-64, four levels */

/** mm_vmas() - fill mm->vmas from smaps unless they are there. Return: 0 or a negative errno */
int mm_vmas(struct snap *s, struct mm *mm);

/** vma_has() - does VmFlags have this two-letter word? */
bool vma_has(const struct vma *v, const char *word);

/**
 * struct rows - the mappings as the tree has them
 * @row: sorted; @nr: how many
 * @shy: per row: read it the way that leaves pages shared (payload.c)
 * @file: the mapped files that do not travel, in the order of first use
 */
struct rows {
	struct crfs_vma *row;
	bool *shy;
	size_t nr;
	const struct mapped **file;
	size_t nr_files;
	bool renamed;		/* one is not where its mapping says, so another may be in its place */
};

/** rows_read() - all mappings of @mm; names what cannot be carried. In the scratch pool */
int rows_read(struct snap *s, struct mm *mm, struct rows *r);

/** row_private() - has this mapping pages of its own? */
static inline bool row_private(const struct crfs_vma *r)
{
	return !(r->flags & CRFS_VMA_SHARED) && r->kind != CRFS_VMA_VDSO &&
	       r->kind != CRFS_VMA_VVAR && r->kind != CRFS_VMA_DROPPABLE;
}

/**
 * struct ranges - what pages_read() finds beside extents; malloc'ed
 * @guard: guard regions; @cow: pages that another mm's extents carry
 */
struct ranges {
	struct crfs_guard *guard;
	size_t nr_guards;
	struct crfs_cow *cow;
	size_t nr_cows;
};

/** pages_read() - make the extents of @mm. Return: 0 or a negative errno */
int pages_read(struct snap *s, struct mm *mm, const struct rows *r, struct ranges *found);

/**
 * struct mapped - a file that is mapped somewhere in the container
 * @name: as the kernel prints it; @path: where it is
 * @kind: CRFS_VMA_FILE, or _INODE when @inode carries it; or _ANON: it cannot be carried
 * @seen: the last mm that listed it
 */
struct mapped {
	dev_t dev;
	ino_t ino;
	const char *name, *path;
	uint8_t kind;
	unsigned int inode, seen, mnt_ns;
	struct fileid id;
	struct mapped *next;
};

/** mapped_find() - what file @v shows; NULL: no memory, or it is refused already */
struct mapped *mapped_find(struct snap *s, struct mm *mm, const struct vma *v);

/**
 * struct staged - an extent to be put back, or the part of one in a mapping (split.c)
 * @fd, @off: where its bytes are
 * @take: the task takes the pages themselves; @paste: with UFFDIO_COPY (paste.c); else it reads them
 */
struct staged {
	uint64_t start, end;
	struct node *node;
	int fd;
	off_t off;
	bool take, paste;
};

/**
 * struct mmdata - an address space being put back (iobj->priv)
 * @rows, @nr: its mappings; @row_fd: what each maps, or -1
 * @staged, @nr_staged: its extents by address
 * @exe: the program file
 * @copy, @copied: a memfd with those extents that have none, and its end (of the image's first mm).
 *	One for all: what the controller has open, every task inherits and has to close
 * @events: where in that those of its AIO contexts are (aio.c)
 * @fed: its pages come when its task is made (fed.c); @has_uffd: through its userfaultfd
 * @lends: others name it in cow rows, and may need its extents, too
 * @vdso: where the kernel's vvar and vdso are mapped, 0: nowhere
 * @keep: what its task keeps of what it inherits
 * @heir: the first whose cow rows name this one, @next_heir: the next one of the same parent;
 *	known when @heirs is set (of the image's first mm)
 * @vdso_old: the image at the old place is another kernel's, at @vdso_off of @copy
 */
struct mmdata {
	const struct crfs_vma *rows;
	size_t nr;
	int *row_fd;
	struct staged *staged;
	size_t nr_staged;
	int exe;
	int copy;
	off_t copied;
	off_t events;
	bool fed, has_uffd;
	bool lends;
	uint64_t vdso;
	bool vdso_old;
	off_t vdso_off;
	struct keep *keep;
	struct iobj *heir, *next_heir;
	bool heirs;
	struct opened **files;	/* of the image's first mm: for all of them */
};

/** mm_data() - of @o, made when asked for first; NULL: no memory */
struct mmdata *mm_data(struct image *im, struct iobj *o);

/** mm_copy() - append @n bytes to the memfd of @d. Return: 0 or a negative errno */
int mm_copy(struct restore *rs, struct mmdata *d, const void *p, size_t n, off_t *off);

/**
 * struct opened - a file of this machine that the tree names
 * @rc: negative errno if it cannot be opened; @fd: -1 until ->make
 * @named: that it is another was said already
 */
struct opened {
	struct crfs_str path;
	uint32_t mnt_ns;
	bool write;
	int rc, fd;
	struct fileid id;
	bool named;
	struct opened *next;
};

/** mm_file() - the entry of @path, made when asked for first; NULL: no memory */
struct opened *mm_file(struct image *im, uint32_t mnt_ns, struct crfs_str path, bool write);

/** mm_file_check() - is it what @want says? Names it, once, if not */
void mm_file_check(struct image *im, const struct iobj *o, uint32_t mnt_ns,
		   const struct crfs_mapped *want);

/** mm_file_fd() - a descriptor of it in the controller. Return: it, or a negative errno */
int mm_file_fd(struct restore *rs, const struct iobj *o, uint32_t mnt_ns, struct crfs_str path,
	       bool write);

/** mm_ns() - ns/mnt-<id> that the paths of @o are in */
uint32_t mm_ns(const struct iobj *o);

/**
 * staged_list() - the extents in directory "pages" below @dir, by address; in the image's pool
 * Return: 0, or -EINVAL: @bad is the name of one that is none, or not apart from the others
 */
int staged_list(struct image *im, const struct iobj *o, struct staged **st, size_t *nr,
		const char **bad);

/** staged_back() - give every extent a descriptor; those without are copied to that of @d */
int staged_back(struct restore *rs, struct mmdata *d, struct staged *st, size_t nr);

/** staged_split() - no extent of @d crosses from one mapping into another after that */
int staged_split(struct image *im, struct mmdata *d);

/**
 * staged_cut() - the same of one extent, whose bytes are at @buf
 * @row: the mapping that it begins in
 * @piece: malloc'ed; staged.off is where in @buf
 */
int staged_cut(const struct crfs_vma *row, uint64_t start, uint64_t end, const void *buf,
	       struct staged **piece, size_t *nr);

/** staged_first() - index of the first extent that ends behind @at */
size_t staged_first(const struct mmdata *d, uint64_t at);

/** row_has_pages() - are there extents in @r? */
bool row_has_pages(const struct mmdata *d, const struct crfs_vma *r);

#endif
