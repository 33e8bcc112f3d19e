// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The NUMA policy of single mappings: mbind(2).
 *
 * /proc/<pid>/numa_maps shows a policy for every mapping, of those that have none that of the task. So it only
 * tells which could have one; of these the process itself is asked (get_mempolicy(2), MPOL_F_ADDR), which does
 * not answer with its own. Put back behind the pages, which move (MPOL_MF_MOVE), so that memory that is
 * pasted or read in by somebody else lies where it should, too. Lost: the home node
 * (set_mempolicy_home_node(2), 5.17), and the policy of what is in a shared object and mapped by nobody.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <crfs/res/mm/mempolicy.h>

#include "mm.h"
#include "proc.h"
#include "res/task/sched.h"
#include "rooms.h"
#include "stop.h"

#define MPOL_F_ADDR 2
#define MPOL_MF_MOVE 2
#define MPOL_MODE_FLAGS 0xe000
#define NODES (SCHED_NODES_MAX / 64)
#define TAPE 16384
#define ASKED (sizeof(struct tape_op) + 16 + NODES * 8)
#define AT_ONCE ((TAPE - 1024) / ASKED)

/** struct policy - of a mapping, 0: none; @next: of the same mm, by address, noted with its task */
struct policy {
	const struct vma *v;
	int mode;
	uint64_t nodes[NODES];
	struct policy *next;
};

static const char key;

static const struct vma *vma_at(const struct mm *mm, size_t *i, uint64_t start)
{
	for (; *i < mm->nr_vmas && mm->vmas[*i].start <= start; ++*i)
		if (mm->vmas[*i].start == start)
			return &mm->vmas[*i];
	return NULL;
}

/* "7f79411d9000 bind:0 anon=1 ...": those that do not say "default". Return: how many, or a negative errno */
static int candidates(struct snap *s, struct mm *mm, struct policy **first)
{
	char *text = proc_read(s->proc, NULL, "%d/numa_maps", mm->task->tid), *p, *word;
	struct policy **end = first;
	size_t at = 0;
	int nr = 0, rc = 0;

	/* Not there: a kernel that knows of one node only. */
	for (p = text; p && *p && !rc; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		uint64_t start = strtoull(p, &word, 16);

		if (!strncmp(word, " default", 8))
			continue;
		rc = mm_vmas(s, mm);
		if (rc)
			break;
		*end = pool_alloc(&s->scratch, sizeof(**end));
		if (!*end) {
			rc = -ENOMEM;
			break;
		}
		**end = (struct policy){ .v = vma_at(mm, &at, start) };
		if (!(*end)->v)
			continue;
		end = &(*end)->next;
		nr++;
	}
	*end = NULL;
	free(text);
	return rc ? rc : nr;
}

static int ask_some(struct snap *s, struct mm *mm, struct policy *p, size_t n)
{
	uint8_t *mem = calloc(1, TAPE);
	uint64_t mode[AT_ONCE], nodes[AT_ONCE];
	struct tape tape;
	struct policy *q;
	size_t i;
	int rc;

	if (!mem)
		return -ENOMEM;
	tape_init(&tape, mm->place->data, mem, TAPE);
	for (i = 0, q = p; i < n; i++, q = q->next) {
		mode[i] = tape_data(&tape, NULL, sizeof(int));
		nodes[i] = tape_data(&tape, NULL, sizeof(q->nodes));
		tape_call(&tape, "get_mempolicy", SYS_get_mempolicy, mode[i], nodes[i], SCHED_NODES_MAX, q->v->start,
			  MPOL_F_ADDR);
	}
	rc = ask_again(s, mm->task, &tape);
	for (i = 0, q = p; i < n && !rc; i++, q = q->next) {
		if (tape_at(&tape, i)->ret)
			continue;
		q->mode = *(int *)tape_local(&tape, mode[i]);
		memcpy(q->nodes, tape_local(&tape, nodes[i]), sizeof(q->nodes));
	}
	tape_free(&tape);
	free(mem);
	return rc;
}

static int inquire_mm(struct snap *s, struct mm *mm)
{
	struct policy *first, *p;
	int n = candidates(s, mm, &first), rc = 0, some, i;

	if (n <= 0)
		return n;
	for (p = first; n && !rc; n -= some) {
		some = n < (int)AT_ONCE ? n : (int)AT_ONCE;
		rc = ask_some(s, mm, p, some);
		for (i = 0; i < some; i++)
			p = p->next;
	}
	if (!rc)
		snap_note(s, mm->task, &key, first);
	return rc;
}

static int mempolicy_inquire(struct snap *s)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_mms && !rc; i++)
		if (s->mms[i]->place && s->mms[i]->task->tape)
			rc = inquire_mm(s, s->mms[i]);
	return rc < 0 ? fail(s->err, rc, "asking for the memory policy of mappings") : 0;
}

static bool joins(const struct policy *p, const struct policy *q)
{
	return q->v->start == p->v->end && q->mode == p->mode && !memcmp(q->nodes, p->nodes, sizeof(p->nodes));
}

static int mempolicy_read(struct snap *s, void *obj, struct text *out)
{
	const struct mm *mm = obj;
	const struct policy *p = snap_noted(mm->task, &key), *last;
	bool any = false;
	int i;

	(void)s;
	for (; p; p = last->next) {
		struct crfs_mm_mempolicy m = { .start = p->v->start };
		struct text nodes = { 0 };

		for (last = p; last->next && joins(last, last->next); last = last->next)
			;
		if (!p->mode)
			continue;
		if (!any)
			text_section(out, &crfs_mm_mempolicy_shape);
		any = true;
		m.end = last->v->end;
		m.policy = p->mode & ~MPOL_MODE_FLAGS;
		m.flags = p->mode & MPOL_MODE_FLAGS;
		for (i = 0; i < SCHED_NODES_MAX; i++)
			if (p->nodes[i / 64] >> (i % 64) & 1)
				text_list(&nodes, i);
		m.nodes = text_str(&nodes);
		text_rec(out, &crfs_mm_mempolicy_shape, &m);
		text_free(&nodes);
	}
	return text_failed(out) ? -ENOMEM : 0;
}

static void mempolicy_check(struct image *im, struct iobj *o)
{
	size_t n = 0, i;
	const struct crfs_mm_mempolicy *m = image_recs(o, &res_mm_mempolicy, 0, &n);

	for (i = 0; i < n; i++) {
		if (m[i].start >= m[i].end || m[i].end > USER_END || (m[i].start | m[i].end) % PAGE ||
		    (i && m[i].start < m[i - 1].end))
			image_mismatch(im, -EINVAL, o->path, "mempolicy: row %zu: no such mapping", i + 1);
		sched_check_nodes(im, o, "mempolicy", m[i].nodes);
	}
}

static bool any_policies(const struct image *im)
{
	size_t i, n;

	for (i = 0; i < im->nr[IOBJ_MM]; i++)
		if (image_recs(&im->objs[IOBJ_MM][i], &res_mm_mempolicy, 0, &n) && n)
			return true;
	return false;
}

/* What it inherited from its parent has the parent's policy. */
static void put_default(const struct mmdata *d, struct tape *t)
{
	size_t i;

	for (i = 0; i < d->nr; i++)
		if (row_private(&d->rows[i]))
			tape_call(t, "mbind", SYS_mbind, d->rows[i].start, d->rows[i].end - d->rows[i].start, 0, 0, 0, 0);
}

static int mempolicy_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	size_t n = 0, i;
	const struct crfs_mm_mempolicy *m = image_recs(o, &res_mm_mempolicy, 0, &n);

	(void)rt;
	if (!any_policies(rs->im))
		return 0;
	put_default(mm_data(rs->im, o), t);
	for (i = 0; i < n; i++)
		tape_call(t, "mbind", SYS_mbind, m[i].start, m[i].end - m[i].start, m[i].policy | m[i].flags,
			  m[i].nodes.len ? sched_put_nodes(t, m[i].nodes) : 0, m[i].nodes.len ? SCHED_NODES_MAX : 0,
			  MPOL_MF_MOVE);
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_mm_mempolicy_shape, NULL };

const struct resource res_mm_mempolicy = {
	.name = "mempolicy",
	.scope = PER_MM,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_MM,
	.inquire = mempolicy_inquire,
	.read = mempolicy_read,
	.check = mempolicy_check,
	.put = mempolicy_put,
};
