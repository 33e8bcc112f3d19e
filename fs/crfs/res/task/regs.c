// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a thread, and the whole extended state (x87, SSE, AVX, AVX-512, PKRU ...).
 *
 * Through the regsets that ptrace and core dumps use. A task that was in a system call has
 * -ERESTART* in rax and the call's number in orig_rax; both are carried as they are.
 */
#include <linux/mm.h>
#include <linux/regset.h>
#include <uapi/linux/elf.h>
#include <linux/slab.h>
#include <asm/processor-flags.h>
#include <asm/unistd.h>
#include <asm/user.h>

#include <crfs/res/task/regs.h>

#include "internal.h"
#include "wait.h"

#define MXCSR_AT 24
#define XMM_AT 160
#define XMM_SIZE 256

static void regs_fill(struct crfs_regs *c, const struct user_regs_struct *r)
{
	*c = (struct crfs_regs){
		.rip = r->ip, .rsp = r->sp, .rax = r->ax, .orig_rax = r->orig_ax,
		.rbx = r->bx, .rcx = r->cx, .rdx = r->dx, .rsi = r->si, .rdi = r->di,
		.rbp = r->bp, .r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11,
		.r12 = r->r12, .r13 = r->r13, .r14 = r->r14, .r15 = r->r15,
		.eflags = r->flags, .fs_base = r->fs_base, .gs_base = r->gs_base,
		.cs = r->cs, .ss = r->ss, .ds = r->ds, .es = r->es, .fs = r->fs, .gs = r->gs,
	};
}

static const struct user_regset *regset_of(const struct user_regset_view *view, unsigned int note)
{
	unsigned int i;

	for (i = 0; i < view->n; i++)
		if (view->regsets[i].core_note_type == note)
			return &view->regsets[i];
	return NULL;
}

/* The bases of these segments stand in the LDT, for which the regset waits. Other processors have them in registers. */
static bool bases_in_ldt(const struct task_struct *t)
{
	return !boot_cpu_has(X86_FEATURE_FSGSBASE) && (t->thread.fsindex | t->thread.gsindex) & SEGMENT_TI_MASK;
}

/* The general registers stand on the kernel stack. Return: bytes, or a negative errno */
static int get_general(struct ctask *t, struct user_regs_struct *regs)
{
	const struct user_regset *set;
	int left = -EOPNOTSUPP, size = 0;

	if (!task_hold_regs(t->task))
		return -ESTALE;
	set = bases_in_ldt(t->task) ? NULL : regset_of(task_user_regset_view(t->task), NT_PRSTATUS);
	if (set) {
		/* that of 32-bit tasks fills whatever room there is */
		size = min_t(size_t, sizeof(*regs), set->n * set->size);
		left = set->regset_get(t->task, set, (struct membuf){ .p = regs, .left = size });
	}
	task_let_go(t->task);
	return left < 0 ? left : size - left;
}

/*
 * The extended state stands in the task; what is got is the caller's, to be freed with kfree().
 */
static int get_extended(struct ctask *t, void **data)
{
	const struct user_regset *set;

	*data = NULL;
	if (!task_hold_regs(t->task))
		return -ESTALE;
	set = regset_of(task_user_regset_view(t->task), NT_X86_XSTATE);
	task_let_go(t->task);
	return set ? regset_get_alloc(t->task, set, set->n * set->size, data) : -ESTALE;
}

/*
 * Whether SSE counts as in its initial state is up to the CPU (XINUSE may say either of
 * zeros), and flips between two readings of one task: say it from the content. Intel SDM 1, 13.4.
 */
static void xstate_canon(u8 *x, size_t size)
{
	u32 mxcsr;

	if (size < CRFS_XSTATE_BV + 8)
		return;
	memcpy(&mxcsr, x + MXCSR_AT, sizeof(mxcsr));
	if (mxcsr == 0x1f80 && !memchr_inv(x + XMM_AT, 0, XMM_SIZE))
		x[CRFS_XSTATE_BV] &= ~2;
}

/*
 * They wait, and have done nothing as long as they do: with a timeout it starts anew. See
 * fuse-proto/res/task/regs_hidden.c, whose rules these are.
 */
static bool only_waits(long nr)
{
	switch (nr) {
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_rt_sigtimedwait:
	case __NR_semop:
	case __NR_semtimedop:
	case __NR_io_getevents:
	case __NR_accept:	/* these of sockets with SO_RCVTIMEO or SO_SNDTIMEO, where nothing has come or left */
	case __NR_accept4:
	case __NR_connect:
	case __NR_read:
	case __NR_readv:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_recvmmsg:
	case __NR_write:
	case __NR_writev:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_sendmmsg:
	case __NR_splice:
		return true;
	default:
		return false;
	}
}

static void calm(struct user_regs_struct *r)
{
	if ((long)r->orig_ax >= 0 && (long)r->ax == -EINTR && only_waits(r->orig_ax))
		r->ax = -ERESTARTNOHAND;
	/* Only the task itself can set it again (popf), and it means nothing. */
	r->flags &= ~(unsigned long)X86_EFLAGS_ID;
}

/* What the kernel has restarted is called by its name again; the next restart goes by the block alone. */
static void by_name(const struct ctask *t, struct user_regs_struct *r)
{
	long nr = (long)r->ax == -ERESTART_RESTARTBLOCK && r->orig_ax == __NR_restart_syscall ? wait_call(t) : -1;

	if (nr >= 0)
		r->orig_ax = nr;
}

static void name_ports(struct snap *s, const struct ctask *t)
{
	const struct thread_struct *th = &t->task->thread;

	if (th->io_bitmap || th->iopl_emul)
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "access to I/O ports (ioperm), which cannot be carried yet: run it without");
}

/* What is behind the last component in use is left out. */
static int used(struct snap *s, const u8 *area, int size)
{
	u64 xcr0, bv;

	if (size < CRFS_XSTATE_MIN)
		return size;
	memcpy(&xcr0, area + CRFS_XSTATE_XCR0, sizeof(xcr0));
	memcpy(&bv, area + CRFS_XSTATE_BV, sizeof(bv));
	if (!s->xlayout.end[0])
		crfs_xlayout_read(&s->xlayout, xcr0);
	return min_t(int, crfs_xstate_end(&s->xlayout, bv), size);
}

static int xstate(struct snap *s, struct ctask *t)
{
	void *data;
	int n = get_extended(t, &data);
	char *copy;

	if (n < 0)
		return n;
	xstate_canon(data, n);
	n = used(s, data, n);
	copy = kvmalloc(n, GFP_KERNEL_ACCOUNT);
	if (copy)
		memcpy(copy, data, n);
	kfree(data);
	return copy && tree_text(s->tree, t->dir, "xstate", copy, n) ? 0 : -ENOMEM;
}

static int regs_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	struct user_regs_struct user = {};
	struct crfs_regs regs;
	int n = get_general(t, &user);

	if (n >= 0 && n != sizeof(user)) {
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "a 32-bit task: only 64-bit tasks can be carried");
		return 0;
	}
	if (n == -EOPNOTSUPP) {
		snap_unsupported(s, n, task_obj(s, t),
				 "has a segment of its local descriptor table in fs or gs, which the kernel filesystem does not carry on a processor without FSGSBASE: use -t fuse.crfs");
		return 0;
	}
	if (n < 0)
		return n;
	calm(&user);
	by_name(t, &user);
	name_ports(s, t);
	regs_fill(&regs, &user);
	if (regs.cs != __USER_CS)
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "runs 32-bit code (cs 0x%x): only 64-bit code can be carried", regs.cs);
	text_section(out, &crfs_regs_shape);
	text_rec(out, &crfs_regs_shape, &regs);
	return xstate(s, t);
}

const struct room res_task_regs = {
	.name = "regs",
	.scope = PER_THREAD,
	.read = regs_read,
};
