/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/attrs: what else a thread has set with prctl(2) and its like. x86-64. */
#ifndef CRFS_RES_TASK_ATTRS_H
#define CRFS_RES_TASK_ATTRS_H

#include <crfs/names.h>

CRFS_NAMES(crfs_tsc_names) = {
	{ 1, "PR_TSC_ENABLE" },
	{ 2, "PR_TSC_SIGSEGV" },
	{ 0, NULL }
};

CRFS_NAMES(crfs_mce_kill_names) = {
	{ 0, "PR_MCE_KILL_LATE" },
	{ 1, "PR_MCE_KILL_EARLY" },
	{ 2, "PR_MCE_KILL_DEFAULT" },
	{ 0, NULL }
};

struct crfs_attrs {
	__u32 pdeath_signal;		/* 0: none */
	__u64 clear_child_tid;		/* set_tid_address(2) */
	__u64 robust_list;
	__u64 robust_list_size;
	__u64 rseq;			/* 0x0: not registered */
	__u32 rseq_size;
	__u32 rseq_signature;
	__u32 rseq_flags;
	__u32 tsc;
	__u8 cpuid;			/* ARCH_GET_CPUID: 0: the instruction faults */
	__u32 spec_store_bypass;	/* PR_GET_SPECULATION_CTRL */
	__u32 spec_indirect_branch;
	__u32 spec_l1d_flush;
	__u32 mce_kill;
};

#define CRFS_ATTR(t, m) CRFS_FIELD(struct crfs_attrs, t, m)
#define CRFS_ATTR_NAMES(t, m, n) CRFS_FIELD_NAMES(struct crfs_attrs, t, m, n)
static const struct crfs_field crfs_attrs_fields[] = {
	CRFS_ATTR_NAMES(CRFS_NAME, pdeath_signal, crfs_signal_names),
	CRFS_ATTR(CRFS_HEX, clear_child_tid),
	CRFS_ATTR(CRFS_HEX, robust_list),
	CRFS_ATTR(CRFS_DEC, robust_list_size),
	CRFS_ATTR(CRFS_HEX, rseq),
	CRFS_ATTR(CRFS_DEC, rseq_size),
	CRFS_ATTR(CRFS_HEX, rseq_signature),
	CRFS_ATTR(CRFS_HEX, rseq_flags),
	CRFS_ATTR_NAMES(CRFS_NAME, tsc, crfs_tsc_names),
	CRFS_ATTR(CRFS_DEC, cpuid),
	CRFS_ATTR_NAMES(CRFS_FLAGS, spec_store_bypass, crfs_speculation_names),
	CRFS_ATTR_NAMES(CRFS_FLAGS, spec_indirect_branch, crfs_speculation_names),
	CRFS_ATTR_NAMES(CRFS_FLAGS, spec_l1d_flush, crfs_speculation_names),
	CRFS_ATTR_NAMES(CRFS_NAME, mce_kill, crfs_mce_kill_names),
};
CRFS_SHAPE(crfs_attrs_shape, struct crfs_attrs, CRFS_BLOCK, "attrs", crfs_attrs_fields);

#endif
