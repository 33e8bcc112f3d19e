// SPDX-License-Identifier: GPL-2.0-only
/*
 * An IPC namespace: its limits, and what is in it, which stands in rooms of its own (inode/sysv*, inode/mqueue).
 *
 * In the mounter's namespace an object is the container's if one of its tasks has it attached, used it last or
 * waits for it. All others are the machine's, as files are.
 */
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/sched/task.h>
#include <asm/unistd.h>

#include <crfs/res/ns/ipc.h>

#include "internal.h"
#include "res/inode/mqueue.h"
#include "res/inode/sysv.h"
#include "res/ns/ns.h"

/** struct limit - a sysctl (ipc/ipc_sysctl.c, ipc/mq_sysctl.c): @nr numbers of @size bytes each */
struct limit {
	const char *name;
	size_t at, size, nr;
};

#define LIMIT(name, m) { name, offsetof(struct ipc_namespace, m), \
			 sizeof(((struct ipc_namespace *)NULL)->m), 1 }

static const struct limit limits[] = {
#ifdef CONFIG_SYSVIPC
	LIMIT("kernel.shmmax", shm_ctlmax),
	LIMIT("kernel.shmall", shm_ctlall),
	LIMIT("kernel.shmmni", shm_ctlmni),
	LIMIT("kernel.shm_rmid_forced", shm_rmid_forced),
	{ "kernel.sem", offsetof(struct ipc_namespace, sem_ctls), sizeof(int), 4 },
	LIMIT("kernel.msgmax", msg_ctlmax),
	LIMIT("kernel.msgmnb", msg_ctlmnb),
	LIMIT("kernel.msgmni", msg_ctlmni),
#endif
#ifdef CONFIG_POSIX_MQUEUE_SYSCTL
	LIMIT("fs.mqueue.queues_max", mq_queues_max),
	LIMIT("fs.mqueue.msg_max", mq_msg_max),
	LIMIT("fs.mqueue.msgsize_max", mq_msgsize_max),
	LIMIT("fs.mqueue.msg_default", mq_msg_default),
	LIMIT("fs.mqueue.msgsize_default", mq_msgsize_default),
#endif
};

struct ipc_namespace *ipc_of(const struct ctask *t)
{
	struct ipc_namespace *ns = NULL;

	task_lock(t->task);
	if (t->task->nsproxy)
		ns = get_ipc_ns(t->task->nsproxy->ipc_ns);
	task_unlock(t->task);
	return ns;
}

struct ipc_namespace *ipc_in(const struct cns *n)
{
	return n->task ? ipc_of(n->task) : get_ipc_ns(container_of(n->held, struct ipc_namespace, ns));
}

/* struct ipc_namespace is freed where no module can call. */
void ipc_drop(struct ipc_namespace *ns)
{
	ns->ns.ops->put(&ns->ns);
}

static void emit(const struct ipc_namespace *ns, const struct limit *l, struct text *out)
{
	const char *p = (const char *)ns + l->at;
	struct crfs_ns_ipc rec;
	char value[64];
	size_t i, n = 0;

	for (i = 0; i < l->nr; i++, p += l->size)
		n += l->size == sizeof(int) ?
			     scnprintf(value + n, sizeof(value) - n, i ? " %d" : "%d", *(const int *)p) :
			     scnprintf(value + n, sizeof(value) - n, "%lu", *(const unsigned long *)p);
	rec.sysctl = str_of(l->name);
	rec.value = str_of(value);
	text_rec(out, &crfs_ns_ipc_shape, &rec);
}

static int ipc_read(struct snap *s, void *obj, struct text *out)
{
	struct cns *n = obj;
	struct ipc_namespace *ns = ipc_in(n);
	size_t i;

	if (!ns)
		return -ESTALE;
	text_section(out, &crfs_ns_ipc_shape);
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		emit(ns, &limits[i], out);
	ipc_drop(ns);
	return 0;
}

/* ---- what is in it ---- */

static const char *const names[] = { [SYSV_SHM] = "segment", [SYSV_SEM] = "semaphore set", [SYSV_MSG] = "queue" };

/**
 * struct users - whether an object of the mounter's namespace is the container's
 * @ours: a living task of it used it last
 * @theirs: a process outside did
 */
struct users {
	pid_t ours, theirs;
};

/* Takes over @pid. */
static void add_user(struct snap *s, struct users *u, struct pid *pid)
{
	pid_t v = snap_vpid(s, pid), nr;

	rcu_read_lock();
	nr = !v && pid && pid_task(pid, PIDTYPE_PID) ? pid_nr_ns(pid, s->pid_ns) : 0;
	rcu_read_unlock();
	put_pid(pid);
	if (v)
		u->ours = v;
	else if (nr)
		u->theirs = nr;
}

static void add_semaphores(struct snap *s, struct users *u, struct sem_array *a)
{
	u32 undoes;
	int i;

	for (i = 0; i < a->sem_nsems; i++) {
		undoes = semundo_has(s, 0, a->sem_perm.id, i);
		add_user(s, u, sem_user(a, i));
		if (undoes)
			u->ours = undoes;
	}
}

/*
 * A call on it that a task waits in says as much. One that the freezer interrupted stands in orig_ax until it is
 * restarted.
 */
static void add_waiters(const struct snap *s, struct users *u, enum sysv_kind kind, int id)
{
	const struct pt_regs *regs;
	const struct ctask *t;
	int nr, first;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++) {
		regs = t->zombie || t->ns[NS_IPC] ? NULL : task_hold_regs(t->task);
		if (!regs)
			continue;
		nr = regs->orig_ax;
		first = regs->di;
		task_let_go(t->task);
		if (first == id &&
		    (kind == SYSV_SEM ? nr == __NR_semop || nr == __NR_semtimedop :
		     nr == __NR_msgsnd || nr == __NR_msgrcv))
			u->ours = t->leader->vtid;
	}
}

/* Nobody has it attached, but who made it is in the container */
static int unattached(struct snap *s, const struct shmid_kernel *shm)
{
	pid_t maker = shm->shm_nattch ? 0 : snap_vpid(s, shm->shm_cprid);

	if (maker)
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "tasks", maker),
				 "System V segment %d, which it made, is attached by nobody: run the container under unshare --ipc",
				 shm->shm_perm.id);
	return 0;
}

static int look_at(struct snap *s, u32 ns, enum sysv_kind kind, struct kern_ipc_perm *p)
{
	struct users u = { .ours = 0 };

	if (kind == SYSV_SHM)
		return unattached(s, sysv_shm(p));
	if (kind == SYSV_SEM) {
		add_semaphores(s, &u, sysv_sem(p));
	} else {
		add_user(s, &u, msg_user(sysv_msg(p), &sysv_msg(p)->q_lspid));
		add_user(s, &u, msg_user(sysv_msg(p), &sysv_msg(p)->q_lrpid));
	}
	add_waiters(s, &u, kind, p->id);
	if (!u.ours)
		return 0;
	if (u.theirs)
		snap_unsupported(s, -EXDEV, snap_obj(s, "tasks", u.ours),
				 "System V %s %d, which it uses, is also used by process %d outside the container: end that, or run the container under unshare --ipc",
				 names[kind], p->id, u.theirs);
	return sysv_inode(s, ns, kind, p->id, NULL) ? 0 : -ENOMEM;
}

static int note(struct snap *s, u32 ns, enum sysv_kind kind, struct kern_ipc_perm *p)
{
	return sysv_inode(s, ns, kind, p->id, NULL) ? 0 : -ENOMEM;
}

typedef int (*each)(struct snap *s, u32 ns, enum sysv_kind kind, struct kern_ipc_perm *p);

/* In the order of the other filesystem. */
static int list_all(struct snap *s, struct ipc_namespace *ns, u32 id, each fn)
{
	static const enum sysv_kind order[] = { SYSV_SHM, SYSV_SEM, SYSV_MSG };
	struct kern_ipc_perm *p;
	int k, i, rc = 0;

	for (k = 0; k < ARRAY_SIZE(order) && !rc; k++) {
		down_read(&ns->ids[order[k]].rwsem);
		idr_for_each_entry(&ns->ids[order[k]].ipcs_idr, p, i) {
			rc = fn(s, id, order[k], p);
			if (rc)
				break;
		}
		up_read(&ns->ids[order[k]].rwsem);
	}
	return rc;
}

bool ipc_any_in_mounters(const struct snap *s)
{
	const struct ctask *t;

	for (t = s->tasks; t < s->tasks + s->nr_tasks; t++)
		if (!t->zombie && !t->ns[NS_IPC])
			return true;
	return false;
}

/* What is in one of the container's own is all its own. */
static int list_in(struct snap *s, u32 id)
{
	struct ipc_namespace *ns = sysv_in(s, id);
	int rc;

	if (!ns)
		return -ESTALE;
	rc = list_all(s, ns, id, id ? note : look_at);
	if (!rc && id)
		rc = mqueue_list(s, ns);
	ipc_drop(ns);
	return rc;
}

int ipc_list(struct snap *s)
{
	const struct cns *n;
	int rc = ipc_any_in_mounters(s) ? list_in(s, 0) : 0;

	for (n = s->ns; n && !rc; n = n->next)
		if (n->nr_kind == NS_IPC)
			rc = list_in(s, n->id);
	return rc ? snap_fail(s, rc, "what is in the IPC namespaces") : 0;
}

const struct room res_ns_ipc = {
	.name = "ipc",
	.scope = PER_NS,
	.read = ipc_read,
};
