// SPDX-License-Identifier: GPL-2.0-only
/* An IPC namespace: its limits. What is in it stands in rooms of its own (inode/sysv*, inode/mqueue). */
#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>
#include <linux/proc_ns.h>
#include <linux/sched/task.h>

#include <crfs/res/ns/ipc.h>

#include "internal.h"
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
	struct ipc_namespace *ns = ipc_of(n->task);
	size_t i;

	if (!ns)
		return -ESTALE;
	text_section(out, &crfs_ns_ipc_shape);
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		emit(ns, &limits[i], out);
	ipc_drop(ns);
	return 0;
}

const struct room res_ns_ipc = {
	.name = "ipc",
	.scope = PER_NS,
	.read = ipc_read,
};
