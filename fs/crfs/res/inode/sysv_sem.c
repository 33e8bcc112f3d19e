// SPDX-License-Identifier: GPL-2.0-only
/* A System V semaphore set: names and rights, values, who changed each last. Undo entries: task/semundo. */
#include <linux/mm.h>

#include <crfs/res/inode/sysv_sem.h>

#include "internal.h"
#include "res/inode/sysv.h"
#include "res/ns/ns.h"

static void write_rows(struct snap *s, const struct cinode *n, struct sem_array *a, struct text *out)
{
	struct crfs_semaphore row;
	struct pid *pid;
	pid_t last;
	int i;

	for (i = 0; i < a->sem_nsems; i++) {
		pid = sem_user(a, i);
		last = sysv_user(s, n, pid);
		put_pid(pid);
		row.value = READ_ONCE(a->sems[i].semval);
		row.pid = last ?: semundo_has(s, sysv_ns(n), sysv_id(n), i);
		text_rec(out, &crfs_semaphore_shape, &row);
	}
}

static int sem_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_sysv_sem rec = { .perm.id = 0 };
	struct cinode *n = obj;
	struct ipc_namespace *ns = sysv_in(s, sysv_ns(n));
	struct kern_ipc_perm *p;

	if (!ns)
		return -ESTALE;
	down_read(&ns->ids[SYSV_SEM].rwsem);
	p = sysv_find(ns, SYSV_SEM, sysv_id(n));
	sysv_perm(s, n, p, &rec.perm);
	text_section(out, &crfs_sysv_sem_shape);
	text_rec(out, &crfs_sysv_sem_shape, &rec);
	text_section(out, &crfs_semaphore_shape);
	if (p)
		write_rows(s, n, sysv_sem(p), out);
	up_read(&ns->ids[SYSV_SEM].rwsem);
	ipc_drop(ns);
	return p ? 0 : -ESTALE;
}

const struct room res_inode_sysv_sem = {
	.name = "sysv_sem",
	.scope = PER_INODE,
	.read = sem_read,
};
