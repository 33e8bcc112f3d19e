// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helper: a program that the kernel starts to restore what is staged, or to look at it.
 *
 * It runs as any usermode helper, as a child of the kernel, with the rights of who mounted. It is
 * given what it works with as descriptors, so that it depends on no path into the mount:
 *
 *	3	the root of the stage
 *	4	its report: what is written to it is what .crfs/error says
 *
 * and in its arguments the cgroup, the mount's options, and the process that waits: in whose
 * namespaces the container comes back, which have to be those of the mount. Its exit status is
 * the errno of the first reason, or 0. The process waits until it has ended, also if it is killed
 * itself, which ends the helper and with it all that it has made: so its pid is its own.
 */
#include <linux/anon_inodes.h>
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs_context.h>
#include <linux/fs_struct.h>
#include <linux/mount.h>
#include <linux/module.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/umh.h>
#include <linux/user_namespace.h>
#include <asm/syscall.h>

#include "stage.h"

#define REPORT_MAX (1 << 20)
#define FD_ROOT 3
#define FD_REPORT 4

static char helper[256] = "/usr/local/libexec/crfs/restore";
module_param_string(helper, helper, sizeof(helper), 0600);
MODULE_PARM_DESC(helper, "the program that restores what was copied into a mount");

/**
 * struct run - one run of the helper
 * @ref: of who waits, and of the report's description
 * @st: the stage
 * @mnt: a mount that nobody else has: what the user's mount hides or loses does not matter
 * @cred: whose rights it has
 * @lock: of @pid, @ended and @report
 * @pid: who it is, once it is there
 * @ended: it is not to begin any more
 * @report: what it has to say
 * @gone: completed when it is not there any more, or never was
 * @cgroup: an argument, as are @id, @files and @caller
 * @id: of the cgroup, 0 if that is to be made again
 * @files: the policy
 * @caller: who waits
 */
struct run {
	struct kref ref;
	struct stage *st;
	struct vfsmount *mnt;
	const struct cred *cred;
	struct mutex lock;
	struct pid *pid;
	bool ended;
	struct text report;
	struct completion gone;
	char cgroup[PATH_MAX + 16], id[32], files[24], caller[24];
};

static void run_free(struct kref *ref)
{
	struct run *r = container_of(ref, struct run, ref);

	put_pid(r->pid);
	text_free(&r->report);
	mutex_destroy(&r->lock);
	kfree(r);
}

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

static ssize_t report_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct run *r = file->private_data;
	ssize_t rc = size;
	char *copy;

	if (size > PAGE_SIZE)
		rc = size = PAGE_SIZE;
	copy = memdup_user(buf, size);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	mutex_lock(&r->lock);
	if (r->report.w.len + size > REPORT_MAX)
		rc = -EFBIG;
	else
		text_bytes(&r->report, copy, size);
	if (r->report.failed)
		rc = -ENOMEM;
	mutex_unlock(&r->lock);
	kfree(copy);
	return rc;
}

static int report_release(struct inode *inode, struct file *file)
{
	struct run *r = file->private_data;

	kref_put(&r->ref, run_free);
	return 0;
}

static const struct file_operations report_fops = {
	.owner = THIS_MODULE,
	.write = report_write,
	.release = report_release,
	.llseek = noop_llseek,
};

/* ---- its beginning, in its own context ---- */

/*
 * The rights of who mounted, of which root among helpers has more. A uid of 0 gets by exec what
 * is in the bounding set, any other what is ambient.
 */
static int take_rights(struct cred *new, const struct cred *cred)
{
	new->uid = new->euid = new->suid = new->fsuid = cred->euid;
	new->gid = new->egid = new->sgid = new->fsgid = cred->egid;
	set_groups(new, cred->group_info);
	free_uid(new->user);
	new->user = get_uid(cred->user);
	new->cap_bset = cap_intersect(cred->cap_bset, cred->cap_permitted);
	new->cap_permitted = cap_intersect(new->cap_permitted, cred->cap_permitted);
	new->cap_effective = new->cap_permitted;
	cap_clear(new->cap_inheritable);
	cap_clear(new->cap_ambient);
	if (!uid_eq(new->uid, GLOBAL_ROOT_UID))
		new->cap_inheritable = new->cap_ambient = new->cap_permitted;
	return 0;
}

/* Whatever helpers have open, which is nothing, these get the numbers they shall have. */
static int give(unsigned int fd, struct file *file)
{
	unsigned int below[FD_REPORT + 1], n = 0;
	int got = -EMFILE;

	if (IS_ERR(file))
		return PTR_ERR(file);
	while (n < ARRAY_SIZE(below)) {
		got = get_unused_fd_flags(0);
		if (got < 0 || got == fd)
			break;
		below[n++] = got;
	}
	while (n)
		put_unused_fd(below[--n]);
	if (got != fd) {
		if (got >= 0 && got > fd)
			got = -EMFILE;
		fput(file);
		return got < 0 ? got : -EMFILE;
	}
	fd_install(fd, file);
	return 0;
}

static struct file *open_report(struct run *r)
{
	struct file *file = anon_inode_getfile("[crfs-report]", &report_fops, r, O_WRONLY);

	if (!IS_ERR(file))
		kref_get(&r->ref);
	return file;
}

static int helper_begin(struct subprocess_info *info, struct cred *new)
{
	struct run *r = info->data;
	struct path root = { .mnt = r->mnt, .dentry = r->mnt->mnt_root };
	int rc;

	mutex_lock(&r->lock);
	if (!r->ended)
		r->pid = get_pid(task_tgid(current));
	rc = r->ended ? -EINTR : 0;
	mutex_unlock(&r->lock);
	if (!rc)
		rc = take_rights(new, r->cred);
	if (!rc)
		rc = give(FD_ROOT, dentry_open(&root, O_RDONLY | O_DIRECTORY, new));
	return rc ? rc : give(FD_REPORT, open_report(r));
}

static void helper_gone(struct subprocess_info *info)
{
	struct run *r = info->data;

	complete(&r->gone);
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

static int start(struct run *r, enum run_mode mode)
{
	static const char *const modes[] = {
		[RUN_RESTORE] = "restore", [RUN_VERIFY] = "verify", [RUN_CHECK] = "check",
	};
	struct mount_info *mi = r->st->mi;
	char *argv[] = { helper, (char *)modes[mode], r->cgroup, r->id, r->files, r->caller,
			 mi->lossy ? "lossy" : NULL, NULL };
	static char *envp[] = { "HOME=/", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				NULL };
	struct subprocess_info *info;
	int rc;

	snprintf(r->cgroup, sizeof(r->cgroup), "cgroup=%s", mi->dir);
	snprintf(r->id, sizeof(r->id), "id=%llu", cgroup_gone(mi) ? 0 : cgroup_id(mi->cg));
	snprintf(r->files, sizeof(r->files), "files=%s", r->st->files);
	snprintf(r->caller, sizeof(r->caller), "caller=%d", pid_nr(task_tgid(current)));
	info = call_usermodehelper_setup(helper, argv, envp, GFP_KERNEL, helper_begin, helper_gone, r);
	if (!info)
		return -ENOMEM;
	rc = call_usermodehelper_exec(info, UMH_WAIT_PROC | UMH_KILLABLE);
	/* Killed: it ends before we do. Its own end, or that it never began, has set @gone. */
	mutex_lock(&r->lock);
	r->ended = true;
	if (r->pid && !completion_done(&r->gone))
		kill_pid(r->pid, SIGKILL, 1);
	mutex_unlock(&r->lock);
	wait_for_completion(&r->gone);
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
		stage_say(st, -EIO, CRFS_TASKS, "%s was ended by signal %d: try again", helper, rc & 0x7f);
		return -EIO;
	}
	if (rc == -ERESTARTSYS || rc == -EINTR) {
		stage_say(st, -EINTR, CRFS_TASKS, "interrupted: try again");
		return -EINTR;
	}
	if (rc == -ENOMEM)
		stage_say(st, rc, CRFS_TASKS, "running %s: no memory: try again", helper);
	else if (rc < 0)
		stage_say(st, rc, CRFS_TASKS,
			  "running %s: install it, or name it: /sys/module/crfs/parameters/helper", helper);
	return rc;
}

static int run(struct stage *st, struct run *r, enum run_mode mode)
{
	int rc;

	if (!*helper)
		return result(st, -ENOENT);
	r->mnt = own_mount(st->sb);
	if (IS_ERR(r->mnt))
		return result(st, PTR_ERR(r->mnt));
	rc = start(r, mode);
	mntput(r->mnt);
	mutex_lock(&st->mi->error_lock);
	text_bytes(&st->mi->error, r->report.w.buf, r->report.w.len);
	st->mi->error.failed |= r->report.failed;
	mutex_unlock(&st->mi->error_lock);
	return result(st, rc);
}

static struct run *run_new(struct stage *st)
{
	struct run *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);

	if (!r)
		return NULL;
	kref_init(&r->ref);
	mutex_init(&r->lock);
	init_completion(&r->gone);
	r->st = st;
	r->cred = st->mi->cred;
	return r;
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
	struct run *r = run_new(st);
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
		kref_put(&r->ref, run_free);
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
