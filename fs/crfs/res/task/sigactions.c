// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signal actions of a process (of whoever shares the table: CLONE_SIGHAND): a row for each
 * that is not plain SIG_DFL, as rt_sigaction(2) would tell it.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <crfs/res/task/sigactions.h>

#include "internal.h"

static int copy_actions(struct ctask *t, struct k_sigaction *k)
{
	struct sighand_struct *sighand;
	unsigned long flags;
	bool there = false;

	rcu_read_lock();
	sighand = rcu_dereference(t->task->sighand);
	if (sighand) {
		spin_lock_irqsave(&sighand->siglock, flags);
		there = rcu_access_pointer(t->task->sighand) == sighand;
		if (there)
			memcpy(k, sighand->action, _NSIG * sizeof(*k));
		spin_unlock_irqrestore(&sighand->siglock, flags);
	}
	rcu_read_unlock();
	return there ? 0 : -ESTALE;
}

static int sigactions_read(struct snap *s, void *obj, struct text *out)
{
	struct k_sigaction *k = kcalloc(_NSIG, sizeof(*k), GFP_KERNEL);
	int sig, n = 0, rc = k ? copy_actions(obj, k) : -ENOMEM;

	text_section(out, &crfs_sigactions_shape);
	for (sig = 1; sig <= _NSIG && !rc; sig++) {
		const struct sigaction *sa = &k[sig - 1].sa;
		struct crfs_sigaction c = {
			sig, (u64)(unsigned long)sa->sa_handler, sa->sa_flags & UAPI_SA_FLAGS,
			sa->sa_mask.sig[0], (u64)(unsigned long)sa->sa_restorer,
		};

		if (sig == SIGKILL || sig == SIGSTOP ||
		    !(c.handler | c.flags | c.mask | c.restorer))
			continue;
		text_rec(out, &crfs_sigactions_shape, &c);
		n++;
	}
	if (!n)
		text_free(out);
	kfree(k);
	return rc;
}

const struct room res_task_sigactions = {
	.name = "sigactions",
	.scope = PER_SIGHAND,
	.read = sigactions_read,
};
