// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who a task is: pids, relatives, state, name, and what it shares with others.
 *
 * From struct task_struct. A session or process group whose leader lives outside the container
 * is a leak and refused; one whose leader is dead is carried.
 */
#include <linux/cgroup.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <crfs/res/task/status.h>

#include "internal.h"
#include "res/task/hierarchies.h"

#define CORE_DUMPED 0x80

/* Its numbers of @type in all its namespaces. A task that is killed meanwhile, and waited for, has none any more. */
static int pid_list(struct snap *s, struct ctask *t, enum pid_type type, struct text *l)
{
	pid_t nr[MAX_PID_NS_LEVEL + 1];
	unsigned int i, n = 0;
	struct pid *pid, *of;

	rcu_read_lock();
	pid = task_pid(t->task);
	of = snap_pid(t, type);
	for (i = s->level; pid && i <= pid->level; i++)
		nr[n++] = pid_nr_ns(of, pid->numbers[i].ns);
	rcu_read_unlock();
	for (i = 0; i < n; i++)
		text_list(l, nr[i]);
	return n ? 0 : -ESTALE;
}

/*
 * A process that leads and is not of the container, as the mounter numbers it; 0: there is
 * none.
 */
static pid_t alive_outside(struct snap *s, struct ctask *t, enum pid_type type)
{
	struct pid *pid;
	struct task_struct *u;
	pid_t nr = 0;

	rcu_read_lock();
	pid = snap_pid(t, type);
	u = pid ? pid_task(pid, PIDTYPE_PID) : NULL;
	if (u && !snap_task(s, u))
		nr = pid_nr_ns(pid, s->pid_ns);
	rcu_read_unlock();
	return nr;
}

static void name_leaks(struct snap *s, struct ctask *t)
{
	pid_t sid, pgid;

	/* In a pid namespace of its own a session from outside is 0, and is inherited again. */
	if (t != t->leader)
		return;
	sid = t->vsid ? alive_outside(s, t, PIDTYPE_SID) : 0;
	pgid = t->vpgid ? alive_outside(s, t, PIDTYPE_PGID) : 0;
	if (sid)
		snap_unsupported(s, -EXDEV, task_obj(s, t),
				 "its session %d is led from outside: start the container with setsid(1)",
				 sid);
	else if (pgid)
		snap_unsupported(s, -EXDEV, task_obj(s, t),
				 "its process group %d is led from outside: start the container with setsid(1)",
				 pgid);
}

/* The stop stands in group_exit_code until the parent has waited for it, or for its end (kernel/exit.c). */
static u32 untold_stop(const struct ctask *t)
{
	const struct signal_struct *sig = t->task->signal;

	if (t->zombie || t->leader != t || !t->parent || t->parent->zombie)
		return 0;
	if (!t->stopped)
		return sig->flags & SIGNAL_STOP_CONTINUED ? SIGCONT : 0;
	return sig->flags & SIGNAL_STOP_STOPPED ? sig->group_exit_code : 0;
}

/* As do_task_stat() and wait(2) have it. */
static u32 exit_code(const struct ctask *t)
{
	const struct signal_struct *sig = t->task->signal;

	return sig->flags & SIGNAL_GROUP_EXIT ? sig->group_exit_code : t->task->exit_code;
}

/* The path below the container's cgroup, "/" for itself; a zombie's does not matter any more. */
static char *cgroup_below(struct snap *s, const struct ctask *t)
{
	char *own = cgroup_inner(s->cg, GFP_KERNEL), *its = kmalloc(PATH_MAX, GFP_KERNEL), *sub;
	size_t n = own ? strlen(own) : 0;
	int len = -ENOMEM;

	if (own && its) {
		rcu_read_lock();
		len = cgroup_path(task_dfl_cgroup(t->task), its, PATH_MAX);
		rcu_read_unlock();
	}
	if (n == 1)	/* the root cgroup is "/", and all paths begin with it */
		n = 0;
	sub = snap_printf(s, "%s", !t->zombie && len > (int)n && its[n] ? its + n : "/");
	kfree(own);
	kfree(its);
	return len < 0 ? NULL : sub;
}

static int status_read(struct snap *s, void *obj, struct text *out)
{
	struct ctask *t = obj;
	struct text pids = { .failed = false }, pgids = { .failed = false }, sids = { .failed = false };
	char comm[TASK_COMM_LEN];
	int rc;
	struct crfs_task_status c = {
		.tid = t->vtid,
		.tgid = t->vtgid,
		.ppid = t->vppid,
		.pgid = t->vpgid,
		.sid = t->vsid,
		.state = t->zombie ? CRFS_TASK_ZOMBIE :
			 t->stopped ? CRFS_TASK_STOPPED : CRFS_TASK_ALIVE,
		.exit_code = t->zombie ? exit_code(t) : 0,
		.exit_signal = t->leader == t ? (u32)t->task->exit_signal : 0,
		.stop_signal = untold_stop(t),
		.personality = t->zombie ? 0 : t->task->personality,
		.mm = t->mm ? t->mm->id : 0,
		.files = t->files ? t->files->vtid : 0,
		.fs = t->fs ? t->fs->vtid : 0,
		.sighand = t->sighand ? t->sighand->vtid : 0,
	};

	if (!t->zombie) {
		c.pid_ns = t->ns[NS_PID];
		c.mnt_ns = t->ns[NS_MNT];
		c.uts_ns = t->ns[NS_UTS];
		c.ipc_ns = t->ns[NS_IPC];
		c.net_ns = t->ns[NS_NET];
		c.cgroup_ns = t->ns[NS_CGROUP];
		c.user_ns = t->ns[NS_USER];
	}
	get_task_comm(comm, t->task);
	c.comm = str_of(comm);
	c.cgroup = str_of(cgroup_below(s, t));
	if (!c.cgroup.len)
		return -ENOMEM;
	if (pid_list(s, t, PIDTYPE_PID, &pids) || pid_list(s, t, PIDTYPE_PGID, &pgids) ||
	    pid_list(s, t, PIDTYPE_SID, &sids)) {
		text_free(&pids);
		text_free(&pgids);
		text_free(&sids);
		return -ESTALE;
	}
	c.nspid = text_str(&pids);
	c.nspgid = text_str(&pgids);
	c.nssid = text_str(&sids);
	name_leaks(s, t);
	if (t->zombie && c.exit_code & CORE_DUMPED)
		snap_lost(s, task_obj(s, t),
			  "that it dumped core, which who waits for it is told: wait for it first");
	rc = hierarchies_name(s, t);
	text_section(out, &crfs_task_status_shape);
	text_rec(out, &crfs_task_status_shape, &c);
	text_done(&pids, out);
	text_done(&pgids, out);
	text_done(&sids, out);
	return rc;
}

const struct room res_task_status = {
	.name = "status",
	.scope = PER_THREAD,
	.zombies = true,
	.read = status_read,
};
