/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/signals: blocked mask, alternate stack, signals queued to the thread. */
#ifndef CRFS_RES_TASK_SIGNALS_H
#define CRFS_RES_TASK_SIGNALS_H

#include <crfs/names.h>

/* stack_t.ss_flags; SS_ONSTACK is not a setting: it follows from the stack pointer */
CRFS_NAMES(crfs_altstack_flags) = {
	{ 2, "SS_DISABLE" },
	{ 1U << 31, "SS_AUTODISARM" },
	{ 0, NULL }
};

struct crfs_signals {
	__u64 blocked;
	__u64 altstack_sp;
	__u64 altstack_size;
	__u32 altstack_flags;
};

static const struct crfs_field crfs_signals_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_signals, CRFS_FLAGS, blocked, crfs_sigmask_names),
	CRFS_FIELD(struct crfs_signals, CRFS_HEX, altstack_sp),
	CRFS_FIELD(struct crfs_signals, CRFS_DEC, altstack_size),
	CRFS_FIELD_NAMES(struct crfs_signals, CRFS_FLAGS, altstack_flags, crfs_altstack_flags),
};
CRFS_SHAPE(crfs_signals_shape, struct crfs_signals, CRFS_BLOCK, "signals", crfs_signals_fields);

/*
 * A queued signal. @info is the kernel's part of siginfo_t, behind which there are only zeros; signal
 * and code repeat what it begins with, for the reader, and must agree with it. Pids in it are those of the receiver's own namespace, as
 * the kernel keeps them: they are right again when the namespace is.
 */
struct crfs_siginfo {
	__u32 signal;
	__s32 code;
	__u8 info[48];
};

static const struct crfs_field crfs_siginfo_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_siginfo, CRFS_NAME, signal, crfs_signal_names),
	CRFS_FIELD(struct crfs_siginfo, CRFS_INT, code),
	CRFS_FIELD(struct crfs_siginfo, CRFS_BLOB, info),
};
CRFS_SHAPE(crfs_siginfo_shape, struct crfs_siginfo, CRFS_ROWS, "queued", crfs_siginfo_fields);

#endif
