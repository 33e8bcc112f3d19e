// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whom a process lets trace it, PR_SET_PTRACER: lost, with a line.
 *
 * That counts for something where kernel.yama.ptrace_scope is 1. Nothing tells: Yama has a list of its own, which is looked
 * at in the kernel's memory (security/yama/yama_lsm.c), on a kernel whose symbols have data among them
 * (CONFIG_KALLSYMS_ALL). It is read once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "kmem_pid.h"
#include "proc.h"
#include "ptracer.h"

#define RELATIONS_MAX 100000

/** struct said - @v: the processes that have, in the kernel's memory */
struct said {
	uint64_t *v;
	size_t n;
};

static const char key;

static bool counts(const struct snap *s)
{
	char *scope = proc_read(s->proc, NULL, "sys/kernel/yama/ptrace_scope");
	bool yes = scope && *scope == '1';

	free(scope);
	return yes;
}

static int add(struct snap *s, struct kmem *k, struct said *l, uint64_t node)
{
	uint64_t relation = node - k->at[K_RELATION_NODE], tracee, *more;
	uint8_t invalid;
	int rc = kmem_get(k, relation, K_RELATION_INVALID, &invalid, sizeof(invalid));

	if (!rc)
		rc = kmem_get(k, relation, K_RELATION_TRACEE, &tracee, sizeof(tracee));
	if (rc || invalid)
		return rc;
	/* they are few */
	more = pool_alloc(&s->scratch, (l->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	if (l->n)
		memcpy(more, l->v, l->n * sizeof(*more));
	more[l->n++] = tracee;
	l->v = more;
	return 0;
}

/* One that changes while it is read, as tasks of others come and go, ends somewhere. */
static void read_list(struct snap *s, struct said *l)
{
	uint64_t head, node = 0;
	int rc = -EOPNOTSUPP, i;
	struct kmem *k = counts(s) ? snap_kmem(s, &rc) : NULL;

	if (!k || k->at[K_RELATION_NODE] < 0 || kmem_symbol(k, "ptracer_relations", &head))
		return;
	rc = kmem_read(k, head, &node, sizeof(node));
	for (i = 0; !rc && node != head && i < RELATIONS_MAX; i++)
		rc = add(s, k, l, node) ?: kmem_read(k, node, &node, sizeof(node));
}

static const struct said *list(struct snap *s)
{
	struct said *l = (struct said *)snap_noted(&s->tasks[0], &key);

	if (l)
		return l;
	l = pool_alloc(&s->scratch, sizeof(*l));
	if (!l)
		return NULL;
	*l = (struct said){ NULL, 0 };
	read_list(s, l);
	snap_note(s, &s->tasks[0], &key, l);
	return l;
}

void ptracer_name(struct snap *s, struct task *t)
{
	const struct said *l = t->leader == t && !s->live ? list(s) : NULL;
	struct kmem *k = NULL;
	uint64_t task;
	size_t i;
	int rc;

	if (l && l->n)
		k = snap_kmem(s, &rc);
	if (!k || kmem_task_find(k, s->proc, t->tid, &task))
		return;
	for (i = 0; i < l->n; i++)
		if (l->v[i] == task) {
			snap_lost(s, task_name(s, t), "whom it lets trace it (PR_SET_PTRACER)");
			return;
		}
}
