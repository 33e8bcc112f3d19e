// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registers of a thread, and the whole extended state (x87, SSE, AVX, AVX-512, PKRU ...).
 *
 * regs are those at the freeze, by PTRACE_GETREGSET(NT_PRSTATUS), taken before the task is asked
 * anything. A task that was in a system call has -ERESTART* in rax and the call's number in
 * orig_rax: the restored task gets them as they are and the kernel restarts the call as it would
 * have (arch/x86/kernel/signal.c). -ERESTART_RESTARTBLOCK needs a restart block, which cannot be read:
 * regs_put.c makes a new one. What the CPU has beside is refused (regs_hidden.c).
 *
 * xstate is NT_X86_XSTATE, the XSAVE area in the standard format, up to the last component that is
 * not in its initial state; its layout is that of the CPU (header: xfeatures, xstate_size).
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include <crfs/res/task/regs.h>

#include "regs.h"
#include "resource.h"
#include "rooms.h"
#include "xlayout.h"

#define XSTATE_MAX 16384

static void regs_fill(struct crfs_regs *c, const struct user_regs_struct *r)
{
	*c = (struct crfs_regs){
		.rip = r->rip, .rsp = r->rsp, .rax = r->rax, .orig_rax = r->orig_rax,
		.rbx = r->rbx, .rcx = r->rcx, .rdx = r->rdx, .rsi = r->rsi, .rdi = r->rdi,
		.rbp = r->rbp, .r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
		.r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15,
		.eflags = r->eflags, .fs_base = r->fs_base, .gs_base = r->gs_base,
		.cs = r->cs, .ss = r->ss, .ds = r->ds, .es = r->es, .fs = r->fs, .gs = r->gs,
	};
}

static const char xstate_key;

struct xstate {
	size_t size;
	char bytes[];
};

/*
 * Whether SSE counts as in its initial state is up to the CPU (XINUSE may say either of zeros), and
 * flips between two readings of one task: say it from the content. Offsets: Intel SDM 1, 13.4.
 */
static void xstate_canon(char *x, size_t size)
{
	static const char zeros[256];
	uint32_t mxcsr;

	if (size < 520)
		return;
	memcpy(&mxcsr, x + 24, sizeof(mxcsr));
	if (mxcsr == 0x1f80 && !memcmp(x + 160, zeros, sizeof(zeros)))
		x[512] &= ~2;
}

static void regs_ask(struct snap *s, struct task *t, struct tape *tape)
{
	char buf[XSTATE_MAX];
	struct iovec io = { buf, sizeof(buf) };
	struct xstate *x;

	(void)tape;
	if (ptrace(PTRACE_GETREGSET, t->tid, (void *)NT_X86_XSTATE, &io)) {
		snap_unsupported(s, -errno, snap_obj(s, "tasks", t->vtid),
				 "PTRACE_GETREGSET(NT_X86_XSTATE): its extended registers cannot be read");
		return;
	}
	xstate_canon(buf, io.iov_len);
	io.iov_len = xstate_used(buf, io.iov_len);
	x = pool_alloc(&s->scratch, sizeof(*x) + io.iov_len);
	if (!x)
		return;
	x->size = io.iov_len;
	memcpy(x->bytes, buf, io.iov_len);
	snap_note(s, t, &xstate_key, x);
	regs_hidden(s, t);
}

static int regs_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	struct xstate *x = snap_noted(t, &xstate_key);
	struct crfs_regs regs;
	char *bytes;

	regs_fill(&regs, &t->regs);
	text_section(out, &crfs_regs_shape);
	text_rec(out, &crfs_regs_shape, &regs);
	if (!x)
		return fail(s->err, -ENOMEM, "xstate");
	bytes = malloc(x->size);
	if (!bytes)
		return fail(s->err, -ENOMEM, "xstate");
	memcpy(bytes, x->bytes, x->size);
	if (!tree_text(s->tree, t->dir, "xstate", bytes, x->size))
		return fail(s->err, -ENOMEM, "xstate");
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_regs_shape, NULL };
static const char *const payloads[] = { "xstate", NULL };

const struct resource res_task_regs = {
	.name = "regs",
	.scope = PER_THREAD,
	.shapes = shapes,
	.payloads = payloads,
	.ask = regs_ask,
	.read = regs_read,
	.check = regs_check,
};
