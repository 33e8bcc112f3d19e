/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* How much of an XSAVE area, standard format, is in use. x86-64. */
#ifndef CRFS_XSTATE_H
#define CRFS_XSTATE_H

#include <linux/types.h>

/* Offsets in the area: Intel SDM volume 1, 13.4; arch/x86/include/asm/fpu/types.h */
#define CRFS_XSTATE_XCR0 464	/* in its bytes for software: what the kernel lets be used */
#define CRFS_XSTATE_BV 512	/* which components are not in their initial state */
#define CRFS_XSTATE_MIN 576	/* x87, SSE and the header, which are always there */

/** struct crfs_xlayout - @end: of each component, in bytes from the start; 0: there is none */
struct crfs_xlayout {
	__u32 end[64];
};

void crfs_xlayout_read(struct crfs_xlayout *l, __u64 xcr0);
__u32 crfs_xstate_end(const struct crfs_xlayout *l, __u64 components);

#endif
