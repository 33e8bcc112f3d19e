/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/regs: the general registers as the kernel holds them; xstate beside it. x86-64. */
#ifndef CRFS_RES_TASK_REGS_H
#define CRFS_RES_TASK_REGS_H

#include <crfs/shape.h>

/* struct user_regs_struct, in a readable order; rax may hold -ERESTART codes, see crfs.txt */
struct crfs_regs {
	__u64 rip, rsp, rax, orig_rax, rbx, rcx, rdx, rsi, rdi, rbp;
	__u64 r8, r9, r10, r11, r12, r13, r14, r15;
	__u64 eflags, fs_base, gs_base;
	__u16 cs, ss, ds, es, fs, gs;
};

#define CRFS_REG(m) CRFS_FIELD(struct crfs_regs, CRFS_HEX, m)
static const struct crfs_field crfs_regs_fields[] = {
	CRFS_REG(rip), CRFS_REG(rsp), CRFS_REG(rax), CRFS_REG(orig_rax), CRFS_REG(rbx),
	CRFS_REG(rcx), CRFS_REG(rdx), CRFS_REG(rsi), CRFS_REG(rdi), CRFS_REG(rbp),
	CRFS_REG(r8), CRFS_REG(r9), CRFS_REG(r10), CRFS_REG(r11), CRFS_REG(r12),
	CRFS_REG(r13), CRFS_REG(r14), CRFS_REG(r15), CRFS_REG(eflags),
	CRFS_REG(fs_base), CRFS_REG(gs_base),
	CRFS_REG(cs), CRFS_REG(ss), CRFS_REG(ds), CRFS_REG(es), CRFS_REG(fs), CRFS_REG(gs),
};
CRFS_SHAPE(crfs_regs_shape, struct crfs_regs, CRFS_BLOCK, "regs", crfs_regs_fields);

#endif
