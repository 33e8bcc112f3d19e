/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/seccomp: the filters a thread runs behind; no file if there are none. */
#ifndef CRFS_RES_TASK_SECCOMP_H
#define CRFS_RES_TASK_SECCOMP_H

#include <crfs/names.h>

CRFS_NAMES(crfs_seccomp_modes) = { { 1, "strict" }, { 2, "filter" }, { 0, NULL } };
CRFS_NAMES(crfs_seccomp_flags) = { { 2, "SECCOMP_FILTER_FLAG_LOG" }, { 0, NULL } };

struct crfs_seccomp {
	__u32 mode;
	__u32 same;		/* the filters are those of tasks/<tid>; 0: they stand here */
	__u8 together;		/* not in the text: see seccomp_put.c */
};

static const struct crfs_field crfs_seccomp_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_seccomp, CRFS_NAME, mode, crfs_seccomp_modes),
	CRFS_FIELD(struct crfs_seccomp, CRFS_DEC, same),
};
CRFS_SHAPE(crfs_seccomp_shape, struct crfs_seccomp, CRFS_BLOCK, "seccomp", crfs_seccomp_fields);

/* Filters, in the order they were installed in. */
struct crfs_seccomp_filter {
	__u32 length;		/* of the rows below, so many are its instructions */
	__u64 flags;
};

static const struct crfs_field crfs_seccomp_filter_fields[] = {
	CRFS_FIELD(struct crfs_seccomp_filter, CRFS_DEC, length),
	CRFS_FIELD_NAMES(struct crfs_seccomp_filter, CRFS_FLAGS, flags, crfs_seccomp_flags),
};
CRFS_SHAPE(crfs_seccomp_filter_shape, struct crfs_seccomp_filter, CRFS_ROWS, "filters",
	   crfs_seccomp_filter_fields);

/* struct sock_filter */
struct crfs_bpf {
	__u16 code;
	__u8 jt;
	__u8 jf;
	__u32 k;
};

static const struct crfs_field crfs_bpf_fields[] = {
	CRFS_FIELD(struct crfs_bpf, CRFS_HEX, code),
	CRFS_FIELD(struct crfs_bpf, CRFS_DEC, jt),
	CRFS_FIELD(struct crfs_bpf, CRFS_DEC, jf),
	CRFS_FIELD(struct crfs_bpf, CRFS_HEX, k),
};
CRFS_SHAPE(crfs_bpf_shape, struct crfs_bpf, CRFS_ROWS, "instructions", crfs_bpf_fields);

#endif
