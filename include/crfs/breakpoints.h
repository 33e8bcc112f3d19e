/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Debug registers, as breakpoints. x86-64. */
#ifndef CRFS_BREAKPOINTS_H
#define CRFS_BREAKPOINTS_H

#include <crfs/res/task/breakpoints.h>
#include <crfs/text.h>

#define CRFS_BREAKPOINTS 4

/** crfs_breakpoint_lengths - by LEN of debug register 7 */
extern const unsigned char crfs_breakpoint_lengths[4];

/** crfs_breakpoints_any() - does debug register 7 enable one? */
static inline bool crfs_breakpoints_any(__u64 dr7)
{
	return dr7 & 0xff;
}

/** crfs_breakpoints_text() - the section of those that @dr7 enables, whose addresses are @at */
void crfs_breakpoints_text(struct text *out, __u64 dr7, const __u64 at[CRFS_BREAKPOINTS]);

#endif
