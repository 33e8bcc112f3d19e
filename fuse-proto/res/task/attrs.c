// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attributes of a thread: parent-death signal, tid address, robust list, rseq, TSC and CPUID
 * faulting, speculation controls, machine check policy.
 *
 * The robust list from get_robust_list(2), rseq from PTRACE_GET_RSEQ_CONFIGURATION (5.13), the rest
 * from the thread itself by prctl(2) and arch_prctl(2). Not carried, and refused when in use:
 * syscall user dispatch (stop.c, since no tape can be played then), shadow stacks (6.6) and
 * linear address masking (6.4), which /proc/<tid>/status shows; domains of Landlock (landlock.c), registered
 * io_urings (rings.c), access to all I/O ports (ports.c). Lost: nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/task/attrs.h>

#include "ask.h"
#include "attrs.h"
#include "landlock.h"
#include "ports.h"
#include "rings.h"
#include "rooms.h"

struct asked {
	unsigned int op_pdeath, op_tid, op_tsc, op_cpuid, op_spec[SPEC_KINDS], op_mce;
	uint64_t pdeath, tid, tsc;
	struct __ptrace_rseq_configuration rseq;
	uint64_t robust, robust_size;
};

static const char key;

static void look(struct snap *s, const struct task *t, struct asked *a)
{
	void *head = NULL;
	size_t len = 0;

	if (!syscall(SYS_get_robust_list, t->tid, &head, &len)) {
		a->robust = (uintptr_t)head;
		a->robust_size = len;
	}
	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, t->tid, sizeof(a->rseq), &a->rseq) < 0) {
		memset(&a->rseq, 0, sizeof(a->rseq));
		if (errno != EIO)
			snap_unsupported(s, -errno, task_name(s, t),
					 "PTRACE_GET_RSEQ_CONFIGURATION: its rseq cannot be read");
	}
}

static void attrs_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a = pool_alloc(&s->scratch, sizeof(*a));
	int i;

	if (!a)
		return;
	look(s, t, a);
	t->rseq = a->rseq.rseq_abi_pointer;
	a->pdeath = tape_data(tape, NULL, sizeof(int));
	a->op_pdeath = ask(tape, SYS_prctl, PR_GET_PDEATHSIG, a->pdeath);
	a->tid = tape_data(tape, NULL, 8);
	a->op_tid = ask(tape, SYS_prctl, PR_GET_TID_ADDRESS, a->tid);
	a->tsc = tape_data(tape, NULL, sizeof(int));
	a->op_tsc = ask(tape, SYS_prctl, PR_GET_TSC, a->tsc);
	a->op_cpuid = ask(tape, SYS_arch_prctl, ARCH_GET_CPUID, 0);
	for (i = 0; i < SPEC_KINDS; i++)
		a->op_spec[i] = ask(tape, SYS_prctl, PR_GET_SPECULATION_CTRL, i, 0, 0, 0);
	a->op_mce = ask(tape, SYS_prctl, PR_MCE_KILL_GET, 0, 0, 0, 0);
	snap_note(s, t, &key, a);
	landlock_ask(s, t, tape);
	rings_ask(s, t, tape);
	ports_ask(s, t, tape);
}

static void name_x86(struct snap *s, struct task *t)
{
	const char *features = snap_status(t, "x86_Thread_features");
	const char *mask = snap_status(t, "untag_mask");

	if (features && *features != '\n')
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "a shadow stack (%.*s), which cannot be carried yet: run it with GLIBC_TUNABLES=glibc.cpu.x86_shstk=off",
				 (int)strcspn(features, "\n"), features);
	if (mask && strtoull(mask, NULL, 16) != ~0ULL)
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "linear address masking is on, which cannot be carried yet: run it without");
}

static uint32_t ret_or(const struct task *t, unsigned int op, uint32_t def)
{
	return ask_ret(t, op) < 0 ? def : ask_ret(t, op);
}

static int attrs_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	struct asked *a = snap_noted(t, &key);
	struct crfs_attrs c;

	if (!a)
		return fail(s->err, -ENOMEM, "attrs");
	c = (struct crfs_attrs){
		.pdeath_signal = ask_int(t, a->op_pdeath, a->pdeath, 0),
		.clear_child_tid = ask_u64(t, a->op_tid, a->tid, 0),
		.robust_list = a->robust,
		.robust_list_size = a->robust_size,
		.rseq = a->rseq.rseq_abi_pointer,
		.rseq_size = a->rseq.rseq_abi_pointer ? a->rseq.rseq_abi_size : 0,
		.rseq_signature = a->rseq.rseq_abi_pointer ? a->rseq.signature : 0,
		.rseq_flags = a->rseq.rseq_abi_pointer ? a->rseq.flags : 0,
		.tsc = ask_int(t, a->op_tsc, a->tsc, PR_TSC_ENABLE),
		.cpuid = ret_or(t, a->op_cpuid, 1),
		.spec_store_bypass = ret_or(t, a->op_spec[PR_SPEC_STORE_BYPASS], 0),
		.spec_indirect_branch = ret_or(t, a->op_spec[PR_SPEC_INDIRECT_BRANCH], 0),
		.spec_l1d_flush = ret_or(t, a->op_spec[PR_SPEC_L1D_FLUSH], 0),
		.mce_kill = ret_or(t, a->op_mce, PR_MCE_KILL_DEFAULT),
	};
	name_x86(s, t);
	landlock_refuse(s, t);
	rings_refuse(s, t);
	ports_refuse(s, t);
	text_section(out, &crfs_attrs_shape);
	text_rec(out, &crfs_attrs_shape, &c);
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_attrs_shape, NULL };

const struct resource res_task_attrs = {
	.name = "attrs",
	.scope = PER_THREAD,
	.shapes = shapes,
	.phase = PHASE_LAST,
	.ask = attrs_ask,
	.inquire = rings_inquire,
	.read = attrs_read,
	.check = attrs_check,
	.put = attrs_put,
};
