// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel adds to semaphores when a process ends: semop(2) with SEM_UNDO.
 *
 * Whose an entry is, its list tells, which threads have in common. The list of a task is not followed but
 * compared: it is freed when a killed one ends, without any grace. The entries that a set has are there while
 * its lock is held, and their lists with them (exit_sem(), ipc/sem.c).
 */
#include <linux/mm.h>
#include <linux/sort.h>

#include <crfs/res/task/semundo.h>

#include "internal.h"
#include "res/inode/sysv.h"
#include "res/ns/ns.h"

/** struct entry - @adjust: what is added to semaphore @num of set @id in ns/ipc-<@ns> when @task ends */
struct entry {
	const struct ctask *task;
	u32 ns;
	int id, num, adjust;
};

/** struct undos - all entries that are not 0, by task, set and semaphore */
struct undos {
	struct entry *v;
	size_t nr, size;
};

static const struct sem_undo_list *list_of(const struct ctask *t)
{
	return t->zombie ? NULL : READ_ONCE(t->task->sysvsem.undo_list);
}

/* Has it this list, and is it the one that is named with it? */
static bool owns(const struct ctask *t, const struct sem_undo_list *list)
{
	return list_of(t) == list && (t == t->leader || list_of(t->leader) != list);
}

static void add(struct undos *u, struct entry e)
{
	if (u->nr < u->size)
		u->v[u->nr] = e;
	u->nr++;
}

static void add_undo(const struct snap *s, u32 ns, const struct sem_undo *un, int nsems, struct undos *u)
{
	const struct ctask *t;
	int i;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++) {
		if (!owns(t, un->ulp))
			continue;
		for (i = 0; i < nsems; i++)
			if (un->semadj[i])
				add(u, (struct entry){ t, ns, un->semid, i, un->semadj[i] });
	}
}

static void look_into(const struct snap *s, u32 id, struct undos *u)
{
	struct ipc_namespace *ns = sysv_in(s, id);
	const struct sem_undo *un;
	struct kern_ipc_perm *p;
	int i;

	if (!ns)
		return;
	down_read(&ns->ids[SYSV_SEM].rwsem);
	idr_for_each_entry(&ns->ids[SYSV_SEM].ipcs_idr, p, i) {
		spin_lock(&p->lock);
		list_for_each_entry(un, &sysv_sem(p)->list_id, list_id)
			add_undo(s, id, un, sysv_sem(p)->sem_nsems, u);
		spin_unlock(&p->lock);
		cond_resched();
	}
	up_read(&ns->ids[SYSV_SEM].rwsem);
	ipc_drop(ns);
}

/* Up to @u->size of all there are. Return: @u->nr: how many that is */
static void look(const struct snap *s, struct undos *u)
{
	const struct cns *n;

	u->nr = 0;
	if (ipc_any_in_mounters(s))
		look_into(s, 0, u);
	for (n = s->ns; n; n = n->next)
		if (n->nr_kind == NS_IPC)
			look_into(s, n->id, u);
}

static int by_task(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->task != y->task)
		return x->task < y->task ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->num - y->num;
}

static void name_shared(struct snap *s, const struct undos *u)
{
	const struct ctask *t, *k;
	size_t i;

	for (i = 0; i < u->nr; i++) {
		t = u->v[i].task;
		if (i && u->v[i - 1].task == t)
			continue;
		for (k = s->tasks; k < s->tasks + s->nr_tasks; k++)
			if (!k->zombie && k->leader != t->leader && list_of(k) == list_of(t))
				break;
		if (k < s->tasks + s->nr_tasks)
			snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
					 "has undo entries of semaphores (SEM_UNDO) in common with tasks/%d: end one of them",
					 k->vtid);
		else if (t != t->leader)
			snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
					 "a thread with undo entries of semaphores (SEM_UNDO) of its own: let it release them");
	}
}

/* Once; the memory for them cannot be asked for under a lock. */
static int collect(struct snap *s)
{
	struct undos *u = snap_alloc(s, sizeof(*u));

	if (!u)
		return -ENOMEM;
	look(s, u);
	while (u->nr > u->size) {
		u->size = u->nr;
		u->v = snap_alloc(s, u->size * sizeof(*u->v));
		if (!u->v)
			return -ENOMEM;
		look(s, u);
	}
	if (u->nr)
		sort(u->v, u->nr, sizeof(*u->v), by_task, NULL);
	s->undos = u;
	name_shared(s, u);
	return 0;
}

u32 semundo_has(const struct snap *s, u32 ns, int id, unsigned int num)
{
	const struct undos *u = s->undos;
	size_t i;

	for (i = 0; u && i < u->nr; i++)
		if (u->v[i].ns == ns && u->v[i].id == id && u->v[i].num == num)
			return u->v[i].task->leader->vtid;
	return 0;
}

static int semundo_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	const struct entry *e;
	struct cinode *n;
	bool any = false;
	int rc = s->undos ? 0 : collect(s);

	if (rc)
		return rc;
	for (e = s->undos->v; e < s->undos->v + s->undos->nr; e++) {
		if (e->task != t)
			continue;
		n = sysv_inode(s, e->ns, SYSV_SEM, e->id, NULL);
		if (!n)
			return -ENOMEM;
		if (!any)
			text_section(out, &crfs_semundo_shape);
		any = true;
		text_rec(out, &crfs_semundo_shape, &(struct crfs_semundo){ n->id, e->num, e->adjust });
	}
	return 0;
}

const struct room res_task_semundo = {
	.name = "semundo",
	.scope = PER_PROCESS,
	.read = semundo_read,
};
