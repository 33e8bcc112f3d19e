// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Seccomp of a thread: strict mode, or the chain of filters it has installed or inherited.
 *
 * By PTRACE_SECCOMP_GET_FILTER (4.4) and PTRACE_SECCOMP_GET_METADATA (4.16), which need
 * CAP_SYS_ADMIN. Threads and processes mostly have one chain in common: it stands with the first of
 * them. A filter that asks a supervisor (SECCOMP_RET_USER_NOTIF) is refused. Lost: that equal
 * filters of two threads were one, unless all threads of the process have the same;
 * SECCOMP_FILTER_FLAG_TSYNC may then fail in a restored process where it would not have before.
 */
#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>

#include <crfs/seccomp.h>

#include "ask.h"
#include "rooms.h"
#include "seccomp.h"

static const char key, chains_key;

/* Filter @i of @tid, behind the @c->len instructions there are. Return: 0, -ENOENT behind the last */
static int fetch(pid_t tid, size_t i, struct crfs_chain *c)
{
	struct __ptrace_seccomp_metadata meta = { .filter_off = i };
	long n = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, i, NULL);
	struct crfs_seccomp_filter *f;
	struct sock_filter *insns;

	if (n < 0)
		return -errno;
	f = realloc(c->filters, (c->nr + 1) * sizeof(*f));
	if (f)
		c->filters = f;
	insns = realloc(c->insns, (c->len + n) * sizeof(*insns));
	if (insns)
		c->insns = insns;
	if (!f || !insns)
		return -ENOMEM;
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, tid, i, insns + c->len) != n)
		return -EIO;
	if (ptrace(PTRACE_SECCOMP_GET_METADATA, tid, sizeof(meta), &meta) < 0)
		return -errno;
	f[c->nr++] = (struct crfs_seccomp_filter){ .length = n, .flags = meta.flags };
	c->len += n;
	return 0;
}

/* The chains met so far hang at the first task. */
static struct crfs_chain *known(struct snap *s, const struct crfs_chain *c)
{
	struct crfs_chain *k;

	for (k = snap_noted(&s->tasks[0], &chains_key); k; k = k->next)
		if (crfs_chain_same(k, c))
			return k;
	return NULL;
}

static struct crfs_chain *keep(struct snap *s, const struct crfs_chain *c)
{
	struct crfs_chain *k = pool_alloc(&s->scratch, sizeof(*k));

	if (!k)
		return NULL;
	*k = *c;
	k->filters = pool_alloc(&s->scratch, c->nr * sizeof(*c->filters));
	k->insns = pool_alloc(&s->scratch, c->len * sizeof(*c->insns));
	if (!k->filters || !k->insns)
		return NULL;
	memcpy(k->filters, c->filters, c->nr * sizeof(*c->filters));
	memcpy(k->insns, c->insns, c->len * sizeof(*c->insns));
	k->next = snap_noted(&s->tasks[0], &chains_key);
	snap_note(s, &s->tasks[0], &chains_key, k);
	return k;
}

static void name_supervised(struct snap *s, const struct task *t, const struct crfs_chain *c)
{
	if (crfs_chain_supervised(c))
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "a seccomp filter that asks a supervisor (SECCOMP_RET_USER_NOTIF), which cannot be carried yet");
}

static void seccomp_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct crfs_chain c = { 0 }, *k = NULL;
	int rc = 0;

	(void)tape;
	if (snap_status_num(t, "Seccomp", 10) != SECCOMP_MODE_FILTER)
		return;
	while (!rc && c.nr <= FILTERS_MAX)
		rc = fetch(t->tid, c.nr, &c);
	if (rc == -ENOENT && c.nr)
		k = known(s, &c) ?: keep(s, &c);
	else if (!rc)
		snap_unsupported(s, -E2BIG, task_name(s, t), "more than %d seccomp filters: run it with fewer",
				 FILTERS_MAX);
	else
		snap_unsupported(s, rc, task_name(s, t),
				 "PTRACE_SECCOMP_GET_FILTER: filter %zu cannot be read: mount with CAP_SYS_ADMIN",
				 c.nr);
	if (k)
		snap_note(s, t, &key, k);
	free(c.filters);
	free(c.insns);
}

static int seccomp_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	struct crfs_chain *c = snap_noted(t, &key);
	struct crfs_seccomp rec = { .mode = snap_status_num(t, "Seccomp", 10) };

	if (!rec.mode)
		return 0;
	if (c && c->owner) {
		rec.same = c->owner;
		c = NULL;
	} else if (c) {
		c->owner = t->vtid;
		name_supervised(s, t, c);
	}
	crfs_chain_text(out, &rec, c);
	return 0;
}

static const struct crfs_shape *const shapes[] = {
	&crfs_seccomp_shape, &crfs_seccomp_filter_shape, &crfs_bpf_shape, NULL,
};

/* Before credentials: installing a filter needs CAP_SYS_ADMIN, or no_new_privs, by then perhaps lost. */
const struct resource res_task_seccomp = {
	.name = "seccomp",
	.scope = PER_THREAD,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_SCHED,
	.ask = seccomp_ask,
	.read = seccomp_read,
	.check = seccomp_check,
	.put = seccomp_put,
};
