// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Giving a thread its attributes; what the controller has too, it was born with.
 *
 * A fork inherits the registered rseq area, at an address that means nothing in the new memory: the
 * controller must have unregistered its own (libc's) before it makes the first task.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/task/attrs.h>

#include "ask.h"
#include "attrs.h"
#include "rooms.h"

#define SPEC_STATES 0x1e	/* without PR_SPEC_PRCTL, which says who decides */

static const char *const spec_names[SPEC_KINDS] = {
	"store bypass", "indirect branch", "L1D flush",
};

static void spec_of(const struct crfs_attrs *c, uint32_t v[SPEC_KINDS])
{
	v[PR_SPEC_STORE_BYPASS] = c->spec_store_bypass;
	v[PR_SPEC_INDIRECT_BRANCH] = c->spec_indirect_branch;
	v[PR_SPEC_L1D_FLUSH] = c->spec_l1d_flush;
}

static uint32_t own_spec(int kind)
{
	long v = prctl(PR_GET_SPECULATION_CTRL, kind, 0, 0, 0);

	return v < 0 ? 0 : v;
}

/*
 * Where this machine does not let a task decide, it is either not affected, or protects everyone,
 * or no one; only the last breaks a promise. L1D flush is a request, and is off as a rule.
 */
static void check_spec(struct image *im, struct iobj *o, const struct crfs_attrs *c)
{
	uint32_t want[SPEC_KINDS], own;
	int i;

	spec_of(c, want);
	for (i = 0; i < SPEC_KINDS; i++) {
		own = own_spec(i);
		if (i == PR_SPEC_L1D_FLUSH ? (want[i] & PR_SPEC_ENABLE) && !(own & PR_SPEC_PRCTL) :
		    (want[i] & (PR_SPEC_DISABLE | PR_SPEC_FORCE_DISABLE)) && own == PR_SPEC_ENABLE)
			image_mismatch(im, -EOPNOTSUPP, o->path,
				       "attrs: speculation control \"%s\" cannot be set on this machine: edit it",
				       spec_names[i]);
	}
}

void attrs_check(struct image *im, struct iobj *o)
{
	const struct crfs_attrs *c = image_rec(o, &res_task_attrs, 0);

	if (!c)
		return;
	check_spec(im, o, c);
	if (c->pdeath_signal > 64)
		image_mismatch(im, -EINVAL, o->path, "attrs: no signal %u", c->pdeath_signal);
	if (!c->cpuid && syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1))
		image_mismatch(im, -ENODEV, o->path,
			       "attrs: CPUID faulting, which this CPU does not have");
	if (c->robust_list && c->robust_list_size != 24)
		image_mismatch(im, -EINVAL, o->path, "attrs: the size of a robust list head is 24");
}

/* PR_SET_SPECULATION_CTRL takes one state; forced is the strongest. */
static void put_spec(struct tape *t, const struct crfs_attrs *c)
{
	uint32_t want[SPEC_KINDS], v;
	int i;

	spec_of(c, want);
	for (i = 0; i < SPEC_KINDS; i++) {
		v = want[i];
		if (!(v & PR_SPEC_PRCTL) || (v & SPEC_STATES) == (own_spec(i) & SPEC_STATES))
			continue;
		if (!(own_spec(i) & PR_SPEC_PRCTL))
			continue;
		v = v & PR_SPEC_FORCE_DISABLE ? PR_SPEC_FORCE_DISABLE : v & SPEC_STATES;
		tape_call(t, "prctl(PR_SET_SPECULATION_CTRL)", SYS_prctl, PR_SET_SPECULATION_CTRL, i,
			  v, 0, 0);
	}
}

static void put_faults(struct tape *t, const struct crfs_attrs *c)
{
	uint32_t tsc = PR_TSC_ENABLE;

	prctl(PR_GET_TSC, &tsc);
	if (c->tsc != tsc)
		tape_call(t, "prctl(PR_SET_TSC)", SYS_prctl, PR_SET_TSC, c->tsc);
	if (!c->cpuid)
		tape_call(t, "arch_prctl(ARCH_SET_CPUID)", SYS_arch_prctl, ARCH_SET_CPUID, 0);
	if (c->mce_kill != (uint32_t)prctl(PR_MCE_KILL_GET, 0, 0, 0, 0))
		tape_call(t, "prctl(PR_MCE_KILL)", SYS_prctl, PR_MCE_KILL, PR_MCE_KILL_SET,
			  c->mce_kill, 0, 0);
}

int attrs_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	const struct crfs_attrs *c = image_rec(o, &res_task_attrs, 0);

	(void)rs;
	(void)rt;
	if (!c)
		return 0;
	tape_call(t, "set_tid_address", SYS_set_tid_address, c->clear_child_tid);
	if (c->robust_list)
		tape_call(t, "set_robust_list", SYS_set_robust_list, c->robust_list,
			  c->robust_list_size);
	if (c->rseq)
		tape_call(t, "rseq", SYS_rseq, c->rseq, c->rseq_size, c->rseq_flags,
			  c->rseq_signature);
	put_faults(t, c);
	put_spec(t, c);
	if (c->pdeath_signal)
		tape_call(t, "prctl(PR_SET_PDEATHSIG)", SYS_prctl, PR_SET_PDEATHSIG,
			  c->pdeath_signal);
	return 0;
}
