/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* mms/<id>/status: what an address space is beside its mappings. */
#ifndef CRFS_RES_MM_STATUS_H
#define CRFS_RES_MM_STATUS_H

#include <crfs/shape.h>

/* mlockall(2): what becomes of mappings made later */
#define CRFS_LOCK_FUTURE 1
#define CRFS_LOCK_ONFAULT 2

static const struct crfs_name crfs_lock_future[] = {
	{ CRFS_LOCK_FUTURE, "future" },
	{ CRFS_LOCK_ONFAULT, "onfault" },
	{ 0, NULL },
};

struct crfs_mm_status {
	__u32 mnt_ns;			/* ns/mnt-<id> of paths; 0: the mounter's */
	struct crfs_str exe;		/* as /proc/<pid>/exe; empty: none */
	struct crfs_str build_id;	/* hex; empty when it has none */
	__u64 size;
	__s64 mtime;
	__u32 mtime_nsec;
	__u64 start_code;
	__u64 end_code;
	__u64 start_data;
	__u64 end_data;
	__u64 start_brk;
	__u64 brk;
	__u64 start_stack;
	__u64 arg_start;
	__u64 arg_end;
	__u64 env_start;
	__u64 env_end;
	__u32 thp_disable;		/* PR_GET_THP_DISABLE */
	__u32 merge;			/* PR_GET_MEMORY_MERGE */
	__u32 lock_future;
	struct crfs_str pkeys;		/* list: protection keys allocated, without 0 */
};

static const struct crfs_field crfs_mm_status_fields[] = {
	CRFS_FIELD(struct crfs_mm_status, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_mm_status, CRFS_STR, exe),
	CRFS_FIELD(struct crfs_mm_status, CRFS_STR, build_id),
	CRFS_FIELD(struct crfs_mm_status, CRFS_DEC, size),
	CRFS_FIELD(struct crfs_mm_status, CRFS_INT, mtime),
	CRFS_FIELD(struct crfs_mm_status, CRFS_DEC, mtime_nsec),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, start_code),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, end_code),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, start_data),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, end_data),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, start_brk),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, brk),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, start_stack),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, arg_start),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, arg_end),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, env_start),
	CRFS_FIELD(struct crfs_mm_status, CRFS_HEX, env_end),
	CRFS_FIELD(struct crfs_mm_status, CRFS_DEC, thp_disable),
	CRFS_FIELD(struct crfs_mm_status, CRFS_DEC, merge),
	CRFS_FIELD_NAMES(struct crfs_mm_status, CRFS_FLAGS, lock_future, crfs_lock_future),
	CRFS_FIELD(struct crfs_mm_status, CRFS_LIST, pkeys),
};
CRFS_SHAPE(crfs_mm_status_shape, struct crfs_mm_status, CRFS_BLOCK, "status",
	   crfs_mm_status_fields);

/* Second section: the auxiliary vector that /proc/<pid>/auxv shows, without its AT_NULL. */
struct crfs_auxv {
	__u64 type;
	__u64 value;
};

static const struct crfs_field crfs_auxv_fields[] = {
	CRFS_FIELD(struct crfs_auxv, CRFS_DEC, type),
	CRFS_FIELD(struct crfs_auxv, CRFS_HEX, value),
};
CRFS_SHAPE(crfs_auxv_shape, struct crfs_auxv, CRFS_ROWS, "auxv", crfs_auxv_fields);

#endif
