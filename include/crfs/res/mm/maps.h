/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * mms/<id>/maps: the mappings of an address space, and the files they show.
 *
 * Neighbours that differ in nothing that can be put back are one row, however the kernel split
 * them.
 */
#ifndef CRFS_RES_MM_MAPS_H
#define CRFS_RES_MM_MAPS_H

#include <crfs/shape.h>

/* PROT_*, mprotect(2) */
static const struct crfs_name crfs_vma_prots[] = {
	{ 1, "r" },
	{ 2, "w" },
	{ 4, "x" },
	{ 0, NULL },
};

/**
 * enum crfs_vma_kind - what is mapped
 * @CRFS_VMA_ANON: memory of its own; @path: its name (PR_SET_VMA_ANON_NAME)
 * @CRFS_VMA_FILE: the file at @path from @offset
 * @CRFS_VMA_INODE: what travels, shared memory or an unlinked file: inodes/<inode> from @offset
 * @CRFS_VMA_HUGETLB: as ANON, of huge pages
 * @CRFS_VMA_DROPPABLE: as ANON, but the kernel may drop the pages, and so does a checkpoint
 * @CRFS_VMA_VDSO: the kernel's code; inodes/<inode> is its image
 * @CRFS_VMA_VVAR: the data of that code
 * @CRFS_VMA_AIO: the ring of a context of asynchronous I/O, which aio has
 */
enum crfs_vma_kind {
	CRFS_VMA_ANON,
	CRFS_VMA_FILE,
	CRFS_VMA_INODE,
	CRFS_VMA_HUGETLB,
	CRFS_VMA_DROPPABLE,
	CRFS_VMA_VDSO,
	CRFS_VMA_VVAR,
	CRFS_VMA_AIO,
};

static const struct crfs_name crfs_vma_kinds[] = {
	{ CRFS_VMA_ANON, "anon" },
	{ CRFS_VMA_FILE, "file" },
	{ CRFS_VMA_INODE, "inode" },
	{ CRFS_VMA_HUGETLB, "hugetlb" },
	{ CRFS_VMA_DROPPABLE, "droppable" },
	{ CRFS_VMA_VDSO, "vdso" },
	{ CRFS_VMA_VVAR, "vvar" },
	{ CRFS_VMA_AIO, "aio" },
	{ 0, NULL },
};

/* @CRFS_VMA_MAYWRITE: shared, and the file is open for writing; the rest as smaps and madvise(2) */
enum crfs_vma_flag {
	CRFS_VMA_SHARED = 1 << 0,
	CRFS_VMA_MAYWRITE = 1 << 1,
	CRFS_VMA_GROWSDOWN = 1 << 2,
	CRFS_VMA_NORESERVE = 1 << 3,
	CRFS_VMA_LOCKED = 1 << 4,
	CRFS_VMA_LOCKONFAULT = 1 << 5,
	CRFS_VMA_SEQUENTIAL = 1 << 6,
	CRFS_VMA_RANDOM = 1 << 7,
	CRFS_VMA_DONTFORK = 1 << 8,
	CRFS_VMA_WIPEONFORK = 1 << 9,
	CRFS_VMA_DONTDUMP = 1 << 10,
	CRFS_VMA_HUGEPAGE = 1 << 11,
	CRFS_VMA_NOHUGEPAGE = 1 << 12,
	CRFS_VMA_MERGEABLE = 1 << 13,
	CRFS_VMA_SEALED = 1 << 14,
};

static const struct crfs_name crfs_vma_flags[] = {
	{ CRFS_VMA_SHARED, "shared" },
	{ CRFS_VMA_MAYWRITE, "maywrite" },
	{ CRFS_VMA_GROWSDOWN, "growsdown" },
	{ CRFS_VMA_NORESERVE, "noreserve" },
	{ CRFS_VMA_LOCKED, "locked" },
	{ CRFS_VMA_LOCKONFAULT, "lockonfault" },
	{ CRFS_VMA_SEQUENTIAL, "sequential" },
	{ CRFS_VMA_RANDOM, "random" },
	{ CRFS_VMA_DONTFORK, "dontfork" },
	{ CRFS_VMA_WIPEONFORK, "wipeonfork" },
	{ CRFS_VMA_DONTDUMP, "dontdump" },
	{ CRFS_VMA_HUGEPAGE, "hugepage" },
	{ CRFS_VMA_NOHUGEPAGE, "nohugepage" },
	{ CRFS_VMA_MERGEABLE, "mergeable" },
	{ CRFS_VMA_SEALED, "sealed" },
	{ 0, NULL },
};

struct crfs_vma {
	__u64 start;
	__u64 end;
	__u8 prot;
	__u8 kind;
	__u64 flags;
	__u32 pkey;
	__u64 page;		/* of huge pages: their size, else 0 */
	__u64 offset;
	__u32 inode;
	struct crfs_str path;
};

static const struct crfs_field crfs_vma_fields[] = {
	CRFS_FIELD(struct crfs_vma, CRFS_HEX, start),
	CRFS_FIELD(struct crfs_vma, CRFS_HEX, end),
	CRFS_FIELD_NAMES(struct crfs_vma, CRFS_FLAGS, prot, crfs_vma_prots),
	CRFS_FIELD_NAMES(struct crfs_vma, CRFS_NAME, kind, crfs_vma_kinds),
	CRFS_FIELD_NAMES(struct crfs_vma, CRFS_FLAGS, flags, crfs_vma_flags),
	CRFS_FIELD(struct crfs_vma, CRFS_DEC, pkey),
	CRFS_FIELD(struct crfs_vma, CRFS_DEC, page),
	CRFS_FIELD(struct crfs_vma, CRFS_HEX, offset),
	CRFS_FIELD(struct crfs_vma, CRFS_DEC, inode),
	CRFS_FIELD(struct crfs_vma, CRFS_STR, path),
};
CRFS_SHAPE(crfs_vma_shape, struct crfs_vma, CRFS_ROWS, "maps", crfs_vma_fields);

/* Second section: the mapped files that do not travel, and how to know them again. */
struct crfs_mapped {
	struct crfs_str path;
	struct crfs_str build_id;	/* hex; empty when it has none */
	__u64 size;
	__s64 mtime;
	__u32 mtime_nsec;
};

static const struct crfs_field crfs_mapped_fields[] = {
	CRFS_FIELD(struct crfs_mapped, CRFS_STR, path),
	CRFS_FIELD(struct crfs_mapped, CRFS_STR, build_id),
	CRFS_FIELD(struct crfs_mapped, CRFS_DEC, size),
	CRFS_FIELD(struct crfs_mapped, CRFS_INT, mtime),
	CRFS_FIELD(struct crfs_mapped, CRFS_DEC, mtime_nsec),
};
CRFS_SHAPE(crfs_mapped_shape, struct crfs_mapped, CRFS_ROWS, "files", crfs_mapped_fields);

/* Third section: guard regions, MADV_GUARD_INSTALL */
struct crfs_guard {
	__u64 start;
	__u64 end;
};

static const struct crfs_field crfs_guard_fields[] = {
	CRFS_FIELD(struct crfs_guard, CRFS_HEX, start),
	CRFS_FIELD(struct crfs_guard, CRFS_HEX, end),
};
CRFS_SHAPE(crfs_guard_shape, struct crfs_guard, CRFS_ROWS, "guards", crfs_guard_fields);

/* Fourth section: pages that are the very ones of mms/<mm>, copy-on-write, and travel only there */
struct crfs_cow {
	__u64 start;
	__u64 end;
	__u32 mm;
};

static const struct crfs_field crfs_cow_fields[] = {
	CRFS_FIELD(struct crfs_cow, CRFS_HEX, start),
	CRFS_FIELD(struct crfs_cow, CRFS_HEX, end),
	CRFS_FIELD(struct crfs_cow, CRFS_DEC, mm),
};
CRFS_SHAPE(crfs_cow_shape, struct crfs_cow, CRFS_ROWS, "cow", crfs_cow_fields);

#endif
