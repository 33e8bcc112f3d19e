// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V semaphores and message queues that the container uses, and undo entries: refused by name.
 *
 * Whose an object is, it says itself: who has used it last, or made a segment that is not
 * attached; or a task waits for it. Attached segments are mappings (res/mm/rows.c). The structures
 * are private to ipc/; as much of them as is looked at stands here, and is the same from 6.1 to
 * 6.12. A namespace that is not that of the reader is not looked into: there any object is in the
 * way.
 */
#include <linux/bsearch.h>
#include <linux/ipc.h>
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/sort.h>
#include <asm/unistd.h>

#include "internal.h"

#ifdef CONFIG_SYSVIPC

enum { SEM, MSG, SHM, NR_KINDS };	/* of ipc_namespace.ids: ipc/util.h */

/* @calls: that wait for one */
static const struct {
	const char *name;
	int calls[2];
} kinds[] = {
	[SEM] = { "System V semaphores", { __NR_semop, __NR_semtimedop } },
	[MSG] = { "System V message queues", { __NR_msgsnd, __NR_msgrcv } },
	[SHM] = { "System V segments that nobody has attached", { -1, -1 } },
};

/* ipc/sem.c */
struct sem {
	int semval;
	struct pid *sempid;
	spinlock_t lock;
	struct list_head pending_alter, pending_const;
	time64_t sem_otime;
} ____cacheline_aligned_in_smp;

struct sem_array {
	struct kern_ipc_perm sem_perm;
	time64_t sem_ctime;
	struct list_head pending_alter, pending_const, list_id;
	int sem_nsems, complex_count;
	unsigned int use_global_lock;
	struct sem sems[];
} __randomize_layout;

struct sem_undo_list {
	refcount_t refcnt;
	spinlock_t lock;
	struct list_head list_proc;
};

/* ipc/msg.c, the beginning */
struct msg_queue {
	struct kern_ipc_perm q_perm;
	time64_t q_stime, q_rtime, q_ctime;
	unsigned long q_cbytes, q_qnum, q_qbytes;
	struct pid *q_lspid, *q_lrpid;
} __randomize_layout;

/* ipc/shm.c, the beginning */
struct shmid_kernel {
	struct kern_ipc_perm shm_perm;
	struct file *shm_file;
	unsigned long shm_nattch, shm_segsz;
	time64_t shm_atim, shm_dtim, shm_ctim;
	struct pid *shm_cprid;
} __randomize_layout;

/** struct pids - of the container's tasks, by address: what objects point to is compared, not followed */
struct pids {
	const struct pid **v;
	size_t nr;
};

static int by_address(const void *a, const void *b)
{
	const struct pid *x = *(const struct pid *const *)a, *y = *(const struct pid *const *)b;

	return x < y ? -1 : x > y;
}

static bool ours(const struct pids *p, const struct pid *pid)
{
	return pid && bsearch(&pid, p->v, p->nr, sizeof(*p->v), by_address);
}

static bool uses_sem(const struct pids *p, const struct sem_array *a)
{
	int i;

	for (i = 0; i < a->sem_nsems; i++)
		if (ours(p, READ_ONCE(a->sems[i].sempid)))
			return true;
	return false;
}

static bool uses_msg(const struct pids *p, const struct msg_queue *q)
{
	return ours(p, READ_ONCE(q->q_lspid)) || ours(p, READ_ONCE(q->q_lrpid));
}

static bool uses_shm(const struct pids *p, const struct shmid_kernel *shm)
{
	return !shm->shm_nattch && ours(p, READ_ONCE(shm->shm_cprid));
}

/* A call that was interrupted by the freezer stands in orig_ax until it is restarted. */
static bool waits(const struct snap *s, int kind)
{
	const struct ctask *t;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++) {
		int call = t->zombie ? -1 : (int)task_pt_regs(t->task)->orig_ax;

		if (call >= 0 && (call == kinds[kind].calls[0] || call == kinds[kind].calls[1]))
			return true;
	}
	return false;
}

static bool in_use(struct ipc_ids *ids, int kind, const struct pids *p)
{
	struct kern_ipc_perm *perm;
	bool found = false;
	int id;

	down_read(&ids->rwsem);
	idr_for_each_entry(&ids->ipcs_idr, perm, id) {
		found = kind == SEM ? uses_sem(p, container_of(perm, struct sem_array, sem_perm)) :
			kind == MSG ? uses_msg(p, container_of(perm, struct msg_queue, q_perm)) :
			uses_shm(p, container_of(perm, struct shmid_kernel, shm_perm));
		if (found)
			break;
	}
	up_read(&ids->rwsem);
	return found;
}

static bool has_undo(const struct task_struct *t)
{
	struct sem_undo_list *l = READ_ONCE(t->sysvsem.undo_list);

	return l && !list_empty_careful(&l->list_proc);
}

static int pids_of(struct snap *s, struct pids *p)
{
	size_t i;

	p->v = snap_alloc(s, s->nr_tasks * sizeof(*p->v));
	if (!p->v)
		return -ENOMEM;
	for (i = 0; i < s->nr_tasks; i++) {
		p->v[i] = s->tasks[i].task->thread_pid;
		p->nr++;
	}
	sort(p->v, p->nr, sizeof(*p->v), by_address, NULL);
	return 0;
}

static void look(struct snap *s, const struct ctask *t, const struct pids *p)
{
	struct ipc_namespace *here = current->nsproxy->ipc_ns, *its = NULL;
	int kind, any[NR_KINDS] = {};

	task_lock(t->task);
	if (t->task->nsproxy)
		its = t->task->nsproxy->ipc_ns;
	for (kind = 0; its && kind < NR_KINDS; kind++)
		any[kind] = READ_ONCE(its->ids[kind].in_use);
	task_unlock(t->task);
	for (kind = 0; kind < NR_KINDS; kind++)
		if (any[kind] && (its != here || waits(s, kind) || in_use(&here->ids[kind], kind, p)))
			snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
					 "%s in its IPC namespace: the kernel filesystem does not carry them yet: use -t fuse.crfs, or remove them (ipcrm(1))",
					 kinds[kind].name);
}

static int semundo_read(struct snap *s, void *obj, struct text *out)
{
	const struct ctask *t = obj, *first = s->tasks;
	struct pids p = { .nr = 0 };
	int rc;

	if (t->leader == t && has_undo(t->task))
		snap_unsupported(s, -EOPNOTSUPP, task_obj(s, t),
				 "undo entries of System V semaphores (SEM_UNDO): the kernel filesystem does not carry them yet: use -t fuse.crfs");
	while (first->zombie)
		first++;
	if (t != first)	/* all are in one IPC namespace, or refused for that */
		return 0;
	rc = pids_of(s, &p);
	if (!rc)
		look(s, t, &p);
	return rc;
}

#else

static int semundo_read(struct snap *s, void *obj, struct text *out)
{
	return 0;
}

#endif

const struct room res_task_semundo = {
	.name = "semundo",
	.scope = PER_THREAD,
	.read = semundo_read,
};
