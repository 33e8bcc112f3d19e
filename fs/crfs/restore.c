// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restoring what is staged, or looking at it, by way of the helper (helper.c).
 *
 * In its arguments are the cgroup, the mount's options, what is declared external among them, and the process that waits: in whose
 * namespaces the container comes back, which have to be those of the mount. What it reports is what .crfs/error
 * says. Its exit status is the errno of the first reason, or 0. The process waits until it has ended, also if it is
 * killed itself, which ends the helper and with it all that it has made: so its pid is its own.
 */
#include <linux/cred.h>
#include <linux/fs_context.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <asm/syscall.h>

#include "external.h"
#include "helper.h"
#include "stage.h"

/* ---- what is said ---- */

void stage_hush(struct stage *st)
{
	mutex_lock(&st->mi->error_lock);
	text_free(&st->mi->error);
	mutex_unlock(&st->mi->error_lock);
}

/* "ENOENT manifest: what: what to do" */
void stage_say(struct stage *st, int rc, const char *object, const char *fmt, ...)
{
	char line[512], name[24];
	struct va_format vf = { .fmt = fmt };
	va_list ap;
	int n;

	snprintf(name, sizeof(name), "%pe", ERR_PTR(rc));
	va_start(ap, fmt);
	vf.va = &ap;
	n = scnprintf(line, sizeof(line) - 1, "%s %s: %pV", name + 1, object, &vf);
	va_end(ap);
	line[n++] = '\n';
	mutex_lock(&st->mi->error_lock);
	text_bytes(&st->mi->error, line, n);
	mutex_unlock(&st->mi->error_lock);
}

/* ---- who waits ---- */

/* With the stage's lock, or as the helper, whose run does not end meanwhile. */
bool run_is_mine(const struct stage *st)
{
	struct run *r = st->run;

	return r && READ_ONCE(r->pid) == task_tgid(current);
}

/* A vfsmount in no namespace; umount(2) does not know it. */
static struct vfsmount *own_mount(struct super_block *sb)
{
	struct fs_context *fc = fs_context_for_reconfigure(sb->s_root, 0, 0);
	struct vfsmount *mnt;

	if (IS_ERR(fc))
		return ERR_CAST(fc);
	mnt = vfs_create_mount(fc);
	put_fs_context(fc);
	return mnt;
}

static int start(struct stage *st, struct run *r, enum run_mode mode)
{
	static const char *const modes[] = {
		[RUN_RESTORE] = "restore", [RUN_VERIFY] = "verify", [RUN_CHECK] = "check",
	};
	struct mount_info *mi = st->mi;
	char *cgroup = kasprintf(GFP_KERNEL, "cgroup=%s", mi->dir), id[32], files[24], caller[24], **argv;
	const char *first[] = { crfs_helper, modes[mode], cgroup, id, files, caller, mi->lossy ? "lossy" : NULL, NULL };
	int rc = -ENOMEM;

	if (!cgroup)
		return -ENOMEM;
	snprintf(id, sizeof(id), "id=%llu", cgroup_gone(mi) ? 0 : cgroup_id(mi->cg));
	snprintf(files, sizeof(files), "files=%s", st->files);
	snprintf(caller, sizeof(caller), "caller=%d", pid_nr(task_tgid(current)));
	argv = external_args(mi, first);
	if (argv)
		rc = run_program(r, argv);
	external_args_end(mi, argv);
	kfree(cgroup);
	return rc;
}

/* In the namespaces of the mount, or the container would come back into others. */
static int may_run(struct stage *st)
{
	struct ns_numbers own = { .children = 0 };

	if (!(current->flags & PF_KTHREAD) && !ns_own(&own) &&
	    !memcmp(&own, &st->mi->own, sizeof(own)))
		return 0;
	stage_say(st, -EXDEV, CRFS_TASKS,
		  "who copies is in other namespaces than who mounted: copy in those of the mount");
	return -EXDEV;
}

static int result(struct stage *st, int rc)
{
	if (rc > 0 && !(rc & 0x7f)) {
		rc >>= 8;
		return rc > 0 && rc < 134 ? -rc : -EIO;
	}
	if (rc > 0) {
		stage_say(st, -EIO, CRFS_TASKS, "%s was ended by signal %d: try again", crfs_helper, rc & 0x7f);
		return -EIO;
	}
	if (rc == -ERESTARTSYS || rc == -EINTR) {
		stage_say(st, -EINTR, CRFS_TASKS, "interrupted: try again");
		return -EINTR;
	}
	if (rc == -ENOMEM)
		stage_say(st, rc, CRFS_TASKS, "running %s: no memory: try again", crfs_helper);
	else if (rc < 0)
		stage_say(st, rc, CRFS_TASKS,
			  "running %s: install it, or name it: /sys/module/crfs/parameters/helper", crfs_helper);
	return rc;
}

/*
 * The helper was killed. What it traced dies with it, but not what it had let go when the container was
 * complete. There was no task here before.
 */
static void end_all(struct mount_info *mi)
{
	cgroup_again(mi);
	tasks_end(mi->cg);
}

static int run(struct stage *st, struct run *r, enum run_mode mode)
{
	int rc;

	r->mnt = own_mount(st->sb);
	if (IS_ERR(r->mnt))
		return result(st, PTR_ERR(r->mnt));
	rc = start(st, r, mode);
	mntput(r->mnt);
	if (mode == RUN_RESTORE && (rc < 0 ? !!r->pid : rc & 0x7f))
		end_all(st->mi);
	mutex_lock(&st->mi->error_lock);
	text_bytes(&st->mi->error, r->report.text.w.buf, r->report.text.w.len);
	st->mi->error.failed |= r->report.text.failed;
	mutex_unlock(&st->mi->error_lock);
	return result(st, rc);
}

/* The staged tree has become a container. */
static void restored(struct stage *st)
{
	st->over = true;
	st->changed = false;
	trigger_reset(st);
	stage_spend(st);
	cgroup_again(st->mi);
}

/**
 * run_helper() - run it, and wait; the lock is dropped meanwhile
 * @st: the stage
 * @mode: what for
 *
 * Return: 0, or the negative errno of the first reason; all are in .crfs/error
 */
int run_helper(struct stage *st, enum run_mode mode)
{
	struct run *r = run_new(st->mi->cred);
	int rc;

	st->busy = true;
	st->restoring = mode == RUN_RESTORE;
	st->run = r;
	mutex_unlock(&st->lock);
	stage_hush(st);
	rc = r ? may_run(st) : result(st, -ENOMEM);
	if (!rc)
		rc = run(st, r, mode);
	mutex_lock(&st->lock);
	st->busy = st->restoring = false;
	st->run = NULL;
	if (mode != RUN_CHECK)
		st->failed = rc;
	if (!rc && mode == RUN_RESTORE)
		restored(st);
	wake_up_all(&st->idle);
	if (r)
		run_put(r);
	return rc;
}

/* ---- on the way back to user space ---- */

/* struct later - what the system call is to return, or what to do first */
struct later {
	struct callback_head work;
	struct super_block *sb;
	int rc;
	bool verify;
};

static atomic_t nr_later = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(no_later);

static void later_run(struct callback_head *work)
{
	struct later *l = container_of(work, struct later, work);
	struct super_block *sb = l->sb;
	struct stage *st = stage_of(sb);
	int rc = l->rc;

	mutex_lock(&st->lock);
	if (!rc && l->verify && !st->busy && stage_look(st) && !st->over)
		rc = run_helper(st, RUN_VERIFY);
	else if (!rc && stage_look(st))
		rc = trigger_run(st);
	mutex_unlock(&st->lock);
	kfree(l);
	if (rc)
		syscall_set_return_value(current, current_pt_regs(), rc, 0);
	deactivate_super(sb);
	if (atomic_dec_and_test(&nr_later))
		wake_up_all(&no_later);
}

/*
 * A change was made that has to return @rc, or that may complete the tree, by somebody who holds
 * locks of directories. What is done is done, also where the call then fails.
 */
void run_later(struct stage *st, int rc, bool verify)
{
	struct later *l;

	if (current->flags & PF_KTHREAD)
		return;
	/* What was changed cannot be taken back, and who did it is to be told. */
	l = kmalloc(sizeof(*l), GFP_KERNEL | __GFP_NOFAIL);
	*l = (struct later){ .sb = st->sb, .rc = rc, .verify = verify };
	init_task_work(&l->work, later_run);
	atomic_inc(&st->sb->s_active);
	atomic_inc(&nr_later);
	if (!task_work_add(current, &l->work, TWA_RESUME))
		return;
	atomic_dec(&nr_later);
	atomic_dec(&st->sb->s_active);	/* not the last: the caller is in this filesystem */
	kfree(l);
}

/* When the module goes. */
void run_end(void)
{
	wait_event(no_later, !atomic_read(&nr_later));
}

/* What is written to .crfs/ctl. */
ssize_t stage_ctl(struct mount_info *mi, const char __user *buf, size_t size)
{
	struct stage *st = mi->stage;
	char word[8] = "";
	int rc;

	if (size < 5 || size > 6 || copy_from_user(word, buf, size))
		return -EINVAL;
	if (memcmp(word, "check", 5) || (word[5] && word[5] != '\n'))
		return -EINVAL;
	mutex_lock(&st->lock);
	if (st->busy) {
		rc = -EBUSY;
	} else if (!stage_look(st) || st->over) {
		stage_hush(st);
		stage_say(st, -EBUSY, ".crfs/ctl",
			  "check: the cgroup has tasks: only a staged tree is checked");
		rc = -EBUSY;
	} else {
		rc = run_helper(st, RUN_CHECK);
	}
	mutex_unlock(&st->lock);
	return rc ? rc : size;
}
