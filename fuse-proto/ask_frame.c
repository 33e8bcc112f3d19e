// SPDX-License-Identifier: GPL-2.0-or-later
/* The signal frame by which a task that was asked goes back to where it was, rt_sigreturn(2). */
#include <cpuid.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "stop.h"
#include "xlayout.h"

#define NT_X86_XSTATE 0x202
#define FP_MAGIC1 0x46505853u	/* arch/x86/include/uapi/asm/sigcontext.h */
#define FP_MAGIC2 0x46505845u
#define XSAVE_MAX 16384
#define XTILEDATA (1ULL << 18)

/* struct ucontext as the kernel reads it in rt_sigreturn(2), arch/x86/kernel/signal_64.c */
struct frame {
	uint64_t uc_flags, uc_link;
	uint64_t ss_sp;
	uint32_t ss_flags, ss_pad;
	uint64_t ss_size;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, flags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2, fpstate, reserved[8];
	uint64_t sigmask;
};

#define UC_FP_XSTATE 1
#define UC_SIGCONTEXT_SS 2
#define UC_STRICT_RESTORE_SS 4

/* Asked for once: in a virtual machine cpuid takes 20 us and more. */
static size_t xsave_size(void)
{
	static _Atomic size_t size;
	unsigned int a, b, c, d;

	if (!size)
		size = !__get_cpuid_count(13, 0, &a, &b, &c, &d) ? 512 : b < XSAVE_MAX ? b : XSAVE_MAX;
	return size;
}

/*
 * What of the XSAVE area the kernel takes back from a frame: not more than the task has room for, which
 * is without the tiles of AMX until it has asked for them (arch_prctl(2), ARCH_REQ_XCOMP_PERM). The
 * regset always has room for all. A larger one would be taken as SSE only
 * (arch/x86/kernel/fpu/signal.c, check_xstate_in_sigframe()).
 */
static size_t xstate_size(const uint8_t *area, size_t all, uint64_t *xfeatures)
{
	size_t without;
	uint64_t used;

	memcpy(xfeatures, area + CRFS_XSTATE_XCR0, 8);
	memcpy(&used, area + CRFS_XSTATE_BV, 8);
	if (!(*xfeatures & ~used & XTILEDATA))
		return all;
	*xfeatures &= ~XTILEDATA;
	without = crfs_xstate_end(xlayout(), *xfeatures);
	return without < all ? without : all;
}

size_t ask_frame_size(void)
{
	return sizeof(struct frame) + 64 + xsave_size() + 4 + 64;
}

void ask_restarted(struct user_regs_struct *r)
{
	if ((long)r->orig_rax < 0)
		return;
	switch ((long long)r->rax) {
	case -512:		/* ERESTARTSYS */
	case -513:		/* ERESTARTNOINTR */
	case -514:		/* ERESTARTNOHAND */
		r->rax = r->orig_rax;
		r->rip -= 2;
	}
}

static void frame_regs(struct frame *f, struct user_regs_struct r)
{
	ask_restarted(&r);
	f->r8 = r.r8, f->r9 = r.r9, f->r10 = r.r10, f->r11 = r.r11;
	f->r12 = r.r12, f->r13 = r.r13, f->r14 = r.r14, f->r15 = r.r15;
	f->di = r.rdi, f->si = r.rsi, f->bp = r.rbp, f->bx = r.rbx;
	f->dx = r.rdx, f->ax = r.rax, f->cx = r.rcx, f->sp = r.rsp;
	f->ip = r.rip, f->flags = r.eflags;
	f->cs = r.cs, f->ss = r.ss;
}

/*
 * struct frame at @at, which becomes the stack pointer of rt_sigreturn(2) (which looks 8 bytes below
 * it for the frame's start). ss_flags are made invalid: the kernel then leaves the alternate stack.
 */
int ask_frame_make(struct task *t, uint64_t at, uint8_t *buf, size_t size)
{
	struct frame *f = (struct frame *)buf;
	uint64_t fp = (at + sizeof(*f) + 63) & ~63ULL;
	struct iovec io = { buf + (fp - at), size - (fp - at) - 4 };
	uint32_t *sw, magic2 = FP_MAGIC2;
	uint64_t xfeatures;
	uint8_t *area;
	size_t used;

	memset(buf, 0, size);
	f->uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	f->ss_flags = 0x7;
	frame_regs(f, t->regs);
	f->fpstate = fp;
	f->sigmask = t->sigmask;
	if (ptrace(PTRACE_GETREGSET, t->tid, (void *)NT_X86_XSTATE, &io))
		return -errno;
	area = io.iov_base;
	used = xstate_size(area, io.iov_len, &xfeatures);
	sw = (uint32_t *)(area + CRFS_XSTATE_XCR0);
	sw[0] = FP_MAGIC1;
	sw[1] = used + 4;
	memcpy(sw + 2, &xfeatures, 8);
	sw[4] = used;
	memcpy(area + used, &magic2, 4);
	return 0;
}
