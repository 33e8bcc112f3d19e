// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of a thread: parent-death signal, clear_child_tid, robust list, rseq, TSC and CPUID
 * faulting, speculation controls, machine check policy.
 *
 * Speculation controls are told by a function of the kernel's, which is exported where fs/crfs/patches are in. Elsewhere
 * they are said by /proc/<tid>/status only; and whether the flush of the L1 cache can be asked for at all (l1d_flush=on)
 * by nobody: then the thread that has asked shows it.
 */
#include <linux/io_uring_types.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/futex.h>
#include <linux/nospec.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/rseq.h>
#include <linux/sched/mm.h>
#include <asm/thread_info.h>

#include <crfs/res/task/attrs.h>

#include "internal.h"

struct word {
	const char *text;
	u32 value;
};

/* The words of task_seccomp(), fs/proc/array.c; the longer of two with one beginning first. */
static const struct word bypass[] = {
	{ "not vulnerable", PR_SPEC_NOT_AFFECTED },
	{ "thread force mitigated", PR_SPEC_PRCTL | PR_SPEC_FORCE_DISABLE },
	{ "thread mitigated", PR_SPEC_PRCTL | PR_SPEC_DISABLE },
	{ "thread vulnerable", PR_SPEC_PRCTL | PR_SPEC_ENABLE },
	{ "globally mitigated", PR_SPEC_DISABLE },
	{ "vulnerable", PR_SPEC_ENABLE },
	{}
};

static const struct word branch[] = {
	{ "not affected", PR_SPEC_NOT_AFFECTED },
	{ "conditional force disabled", PR_SPEC_PRCTL | PR_SPEC_FORCE_DISABLE },
	{ "conditional disabled", PR_SPEC_PRCTL | PR_SPEC_DISABLE },
	{ "conditional enabled", PR_SPEC_PRCTL | PR_SPEC_ENABLE },
	{ "always enabled", PR_SPEC_ENABLE },
	{ "always disabled", PR_SPEC_DISABLE },
	{}
};

static u32 word_of(const struct text *t, const char *key, const struct word *w)
{
	const char *p = info_line(t, key);

	for (; p && w->text; w++)
		if (!strncmp(p, w->text, strlen(w->text)))
			return w->value;
	return 0;
}

typedef int spec_get_t(struct task_struct *task, unsigned long which);

/* Of the kernel, or of nobody for good: it is looked for once. */
static spec_get_t *spec_get(void)
{
#ifdef MODULE
	static spec_get_t *get;
	static bool known;

	if (!smp_load_acquire(&known)) {
		WRITE_ONCE(get, symbol_get(arch_prctl_spec_ctrl_get));
		smp_store_release(&known, true);
	}
	return READ_ONCE(get);
#else
	return arch_prctl_spec_ctrl_get;
#endif
}

static void speculation_said(struct snap *s, struct ctask *t, struct crfs_attrs *c)
{
	struct text status = { .failed = false };
	int rc = snap_tried(s, proc_show(s, t, "status", &status));

	if (rc)
		snap_unsupported(s, rc, task_obj(s, t),
				 "/proc/%d/status: its speculation controls cannot be read: mount /proc",
				 t->tid);
	c->spec_store_bypass = word_of(&status, "Speculation_Store_Bypass", bypass);
	c->spec_indirect_branch = word_of(&status, "SpeculationIndirectBranch", branch);
	c->spec_l1d_flush = test_tsk_thread_flag(t->task, TIF_SPEC_L1D_FLUSH) ?
			    PR_SPEC_PRCTL | PR_SPEC_ENABLE : PR_SPEC_FORCE_DISABLE;
	snap_tried(s, status.failed ? -ENOMEM : 0);
	text_free(&status);
}

static void speculation(struct snap *s, struct ctask *t, struct crfs_attrs *c)
{
	spec_get_t *get = spec_get();

	if (!get) {
		speculation_said(s, t, c);
		return;
	}
	c->spec_store_bypass = get(t->task, PR_SPEC_STORE_BYPASS);
	c->spec_indirect_branch = get(t->task, PR_SPEC_INDIRECT_BRANCH);
	c->spec_l1d_flush = get(t->task, PR_SPEC_L1D_FLUSH);
}

static void name_masking(struct snap *s, struct ctask *t)
{
#ifdef CONFIG_ADDRESS_MASKING
	struct mm_struct *mm = cmm_get(t->mm);

	if (mm && ~READ_ONCE(mm->context.untag_mask))
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "linear address masking is on, which cannot be carried yet: run it without");
	if (mm)
		mmput(mm);
#endif
}

/* Those with a descriptor, too, are named twice. */
static void name_rings(struct snap *s, struct ctask *t)
{
#ifdef CONFIG_IO_URING
	struct io_uring_task *tctx = READ_ONCE(t->task->io_uring);
	size_t i;

	for (i = 0; tctx && i < ARRAY_SIZE(tctx->registered_rings); i++)
		if (tctx->registered_rings[i]) {
			snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
					 "an io_uring that it has registered (IORING_REGISTER_RING_FDS), which cannot be carried: run it without io_uring (sysctl kernel.io_uring_disabled=2)");
			return;
		}
#endif
}

static void name_obstacles(struct snap *s, struct ctask *t)
{
	name_masking(s, t);
#ifdef CONFIG_X86_USER_SHADOW_STACK
	if (t->task->thread.features)
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "a shadow stack (0x%lx), which cannot be carried yet: run it with GLIBC_TUNABLES=glibc.cpu.x86_shstk=off",
				 t->task->thread.features);
#endif
	name_rings(s, t);
}

static int attrs_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	struct task_struct *p = t->task;
	struct crfs_attrs c = {
		.pdeath_signal = p->pdeath_signal,
		.clear_child_tid = (u64)(unsigned long)p->clear_child_tid,
		.robust_list = (u64)(unsigned long)p->robust_list,
		.robust_list_size = sizeof(struct robust_list_head),
		.tsc = test_tsk_thread_flag(p, TIF_NOTSC) ? PR_TSC_SIGSEGV : PR_TSC_ENABLE,
		.cpuid = !test_tsk_thread_flag(p, TIF_NOCPUID),
		.mce_kill = !(p->flags & PF_MCE_PROCESS) ? PR_MCE_KILL_DEFAULT :
			    p->flags & PF_MCE_EARLY ? PR_MCE_KILL_EARLY : PR_MCE_KILL_LATE,
	};

	if (p->rseq) {
		c.rseq = (u64)(unsigned long)p->rseq;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
		c.rseq_size = p->rseq_len;
#else
		c.rseq_size = sizeof(*p->rseq);
#endif
		c.rseq_signature = p->rseq_sig;
	}
	speculation(s, t, &c);
	name_obstacles(s, t);
	text_section(out, &crfs_attrs_shape);
	text_rec(out, &crfs_attrs_shape, &c);
	return 0;
}

const struct room res_task_attrs = {
	.name = "attrs",
	.scope = PER_THREAD,
	.read = attrs_read,
};
