/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries: where a page of a task's own is. */
#ifndef CRFS_EXTENTS_H
#define CRFS_EXTENTS_H

struct cmm;
struct snap;

#define ENTRY_PRESENT (1ULL << 63)
#define ENTRY_SWAP (1ULL << 62)

/** struct extent_source - @rseq: the @nr addresses of struct rseq in @cmm, ascending */
struct extent_source {
	struct cmm *cmm;
	size_t nr;
	u64 rseq[];
};

/* extent_rseq() - has the page at @at a struct rseq of one of the tasks? */
bool extent_rseq(struct snap *s, struct cmm *cmm, u64 at);

#endif
