// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attributes of a process: child subreaper, OOM score adjustment, nice value of its autogroup,
 * permission for large extended state (AMX), the pid namespace of its children.
 *
 * From /proc/<pid> and the process itself. Whatever /proc takes is put back from outside, through
 * the controller's own /proc, since the container may have none. Making the OOM score lower than
 * the controller's needs CAP_SYS_RESOURCE. ARCH_GET_XCOMP_PERM is of 5.16.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/ns/pid.h>
#include <crfs/res/task/process.h>
#include <crfs/res/task/status.h>

#include "ask.h"
#include "proc.h"
#include "res/ns/ns.h"
#include "rooms.h"
#include "same.h"

#define ARCH_GET_XCOMP_PERM 0x1022
#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

struct asked {
	unsigned int op_subreaper, op_perm;
	uint64_t subreaper, perm;
};

static const char key;

static void process_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a = pool_alloc(&s->scratch, sizeof(*a));

	if (!a)
		return;
	a->subreaper = tape_data(tape, NULL, sizeof(int));
	a->op_subreaper = ask(tape, SYS_prctl, PR_GET_CHILD_SUBREAPER, a->subreaper);
	a->perm = tape_data(tape, NULL, 8);
	a->op_perm = ask(tape, SYS_arch_prctl, ARCH_GET_XCOMP_PERM, a->perm);
	snap_note(s, t, &key, a);
}

/* "/autogroup-17 nice 0" */
static int autogroup_nice(struct snap *s, pid_t pid)
{
	char *text = proc_read(s->proc, NULL, "%d/autogroup", pid);
	char *p = text ? strstr(text, " nice ") : NULL;
	int nice = p ? atoi(p + 6) : 0;

	free(text);
	return nice;
}

static int process_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	struct asked *a = snap_noted(t, &key);
	char *oom = proc_read(s->proc, NULL, "%d/oom_score_adj", t->tid);
	struct crfs_process c;

	if (!a || !oom) {
		free(oom);
		return fail(s->err, a ? -errno : -ENOMEM, "/proc/%d/oom_score_adj", t->tid);
	}
	c = (struct crfs_process){
		.child_subreaper = ask_int(t, a->op_subreaper, a->subreaper, 0),
		.oom_score_adj = atoi(oom),
		.autogroup_nice = autogroup_nice(s, t->tid),
		.children_pid_ns = ns_children(t),
		.xcomp_perm = ask_u64(t, a->op_perm, a->perm, 0),
	};
	free(oom);
	text_section(out, &crfs_process_shape);
	text_rec(out, &crfs_process_shape, &c);
	return 0;
}

static int own_oom(void)
{
	int v = 0;
	FILE *f = fopen("/proc/self/oom_score_adj", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%d", &v) != 1)
		v = 0;
	fclose(f);
	return v;
}

static bool may_lower(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { 0 };

	return !syscall(SYS_capget, &h, d) && d[0].effective >> CAP_SYS_RESOURCE & 1;
}

/* The first process of a pid namespace. */
static struct iobj *init_of(const struct image *im, unsigned int id)
{
	struct iobj *o = image_obj(im, IOBJ_NS, id);
	const struct crfs_ns_pid *ns = o ? image_rec(o, &res_ns_pid, 0) : NULL;

	return ns ? image_obj(im, IOBJ_TASK, ns->init) : NULL;
}

static void process_check(struct image *im, struct iobj *o)
{
	const struct crfs_process *c = image_rec(o, &res_task_process, 0);
	uint64_t own = 0;

	if (!c)
		return;
	if (c->oom_score_adj < -1000 || c->oom_score_adj > 1000 || c->autogroup_nice < -20 ||
	    c->autogroup_nice > 19)
		image_mismatch(im, -EINVAL, o->path, "process: no such OOM score or nice value");
	else if (c->oom_score_adj < own_oom() && !may_lower())
		image_mismatch(im, -EPERM, o->path,
			       "process: oom_score_adj %d is below that of crfs: mount with CAP_SYS_RESOURCE, or edit it",
			       c->oom_score_adj);
	if (c->children_pid_ns && !init_of(im, c->children_pid_ns))
		image_mismatch(im, -EINVAL, o->path, "process: children_pid_ns: no ns/pid-%u with an init",
			       c->children_pid_ns);
	if (!(c->xcomp_perm >> XFEATURE_XTILEDATA & 1))
		return;
	if (syscall(SYS_arch_prctl, 0x1021 /* ARCH_GET_XCOMP_SUPP */, &own) ||
	    !(own >> XFEATURE_XTILEDATA & 1))
		image_mismatch(im, -EOPNOTSUPP, o->path,
			       "process: it uses AMX, which this machine does not have");
}

static int put_file(struct restore *rs, struct rtask *rt, const char *name, int value)
{
	char buf[16];
	int n = snprintf(buf, sizeof(buf), "%d", value);
	int fd = proc_open(rs->proc, O_WRONLY, "%d/%s", rt->pid, name);
	int rc = fd < 0 ? fd : write(fd, buf, n) == n ? 0 : -errno;

	if (fd >= 0)
		close(fd);
	if (rc)
		return fail_on(rs->err, rc, rt->o->path, "process: writing %d to /proc/%d/%s", value,
			       rt->pid, name);
	return 0;
}

/* The pid of @o as @viewer sees it: at the depth of the viewer's own. */
static pid_t pid_seen(const struct iobj *o, const struct iobj *viewer)
{
	struct crfs_str a = image_status(o)->nspid, b = image_status(viewer)->nspid;
	__u64 pid = 0, ignored;

	while (crfs_list_next(&b, &ignored))
		if (!crfs_list_next(&a, &pid))
			return 0;
	return pid;
}

/* setns(2) takes a pidfd since 5.8. */
static int put_children(struct restore *rs, struct rtask *rt, unsigned int id, struct tape *tape)
{
	struct iobj *init = init_of(rs->im, id);
	unsigned int fd = task_free_fd(rt);
	struct tape_op *op;

	if (!init)
		return fail_on(rs->err, -ESRCH, rt->o->path, "process: ns/pid-%u has no init", id);
	op = tape_call(tape, "pidfd_open of the init of its children's namespace", SYS_pidfd_open,
		       pid_seen(init, rt->o), 0);
	op->want = WANT_EXACT;
	op->expect = fd;
	tape_call(tape, "setns(CLONE_NEWPID)", SYS_setns, fd, CLONE_NEWPID);
	tape_call(tape, "close", SYS_close, fd);
	return 0;
}

static int process_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape)
{
	const struct crfs_process *c = image_rec(o, &res_task_process, 0);
	int rc = 0;

	if (!c)
		return 0;
	if (c->child_subreaper)
		tape_call(tape, "prctl(PR_SET_CHILD_SUBREAPER)", SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	if (c->xcomp_perm >> XFEATURE_XTILEDATA & 1)
		tape_call(tape, "arch_prctl(ARCH_REQ_XCOMP_PERM)", SYS_arch_prctl,
			  ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA);
	if (c->children_pid_ns)
		rc = put_children(rs, rt, c->children_pid_ns, tape);
	if (!rc && c->oom_score_adj != own_oom())
		rc = put_file(rs, rt, "oom_score_adj", c->oom_score_adj);
	if (!rc && c->autogroup_nice)
		rc = put_file(rs, rt, "autogroup", c->autogroup_nice);
	return rc;
}

static const struct crfs_shape *const shapes[] = { &crfs_process_shape, NULL };

const struct resource res_task_process = {
	.name = "process",
	.scope = PER_PROCESS,
	.shapes = shapes,
	.phase = PHASE_SIGNALS,
	.ask = process_ask,
	.read = process_read,
	.check = process_check,
	.put = process_put,
};
