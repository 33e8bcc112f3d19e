/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/sigactions: what a process does with signals; those not plain default. */
#ifndef CRFS_RES_TASK_SIGACTIONS_H
#define CRFS_RES_TASK_SIGACTIONS_H

#include <crfs/names.h>

CRFS_NAMES(crfs_sa_flags) = {
	{ 0x1, "SA_NOCLDSTOP" },
	{ 0x2, "SA_NOCLDWAIT" },
	{ 0x4, "SA_SIGINFO" },
	{ 0x800, "SA_EXPOSE_TAGBITS" },
	{ 0x04000000, "SA_RESTORER" },
	{ 0x08000000, "SA_ONSTACK" },
	{ 0x10000000, "SA_RESTART" },
	{ 0x40000000, "SA_NODEFER" },
	{ 0x80000000, "SA_RESETHAND" },
	{ 0, NULL }
};

/* struct sigaction as rt_sigaction(2) has it; handler 0x0 is SIG_DFL, 0x1 SIG_IGN */
struct crfs_sigaction {
	__u32 signal;
	__u64 handler;
	__u64 flags;
	__u64 mask;
	__u64 restorer;
};

static const struct crfs_field crfs_sigactions_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_sigaction, CRFS_NAME, signal, crfs_signal_names),
	CRFS_FIELD(struct crfs_sigaction, CRFS_HEX, handler),
	CRFS_FIELD_NAMES(struct crfs_sigaction, CRFS_FLAGS, flags, crfs_sa_flags),
	CRFS_FIELD_NAMES(struct crfs_sigaction, CRFS_FLAGS, mask, crfs_sigmask_names),
	CRFS_FIELD(struct crfs_sigaction, CRFS_HEX, restorer),
};
CRFS_SHAPE(crfs_sigactions_shape, struct crfs_sigaction, CRFS_ROWS, "sigactions",
	   crfs_sigactions_fields);

#endif
