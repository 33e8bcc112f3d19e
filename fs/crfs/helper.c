// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helper: a program that the kernel starts to restore what is staged (restore.c), to look at what no module
 * may (res/ns/net.c), or to guard connections (guard.c).
 *
 * It runs as any usermode helper, as a child of the kernel, with the rights of who mounted. It is
 * given what it works with as descriptors, so that it depends on no path into the mount:
 *
 *	3	the root of the stage; or where what it sees goes; or what it is to know
 *	4	its report
 *	5...	network namespaces, and a directory behind them
 *
 * The process that started it waits until it has ended, also if it is killed itself, which ends the helper.
 */
#include <linux/anon_inodes.h>
#include <linux/completion.h>
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/proc_fs.h>
#include <linux/proc_ns.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/umh.h>
#include <linux/user_namespace.h>
#include <net/net_namespace.h>

#include "helper.h"

#define REPORT_MAX (1 << 20)
#define OUT_MAX (16 << 20)
#define FD_FIRST 3
#define FD_REPORT 4
#define FD_NET 5

char crfs_helper[256] = "/usr/local/libexec/crfs/restore";
module_param_string(helper, crfs_helper, sizeof(crfs_helper), 0600);
MODULE_PARM_DESC(helper, "the program that restores what was copied into a mount");

static void run_free(struct kref *ref)
{
	struct run *r = container_of(ref, struct run, ref);

	put_pid(r->pid);
	text_free(&r->in);
	text_free(&r->out.text);
	text_free(&r->report.text);
	mutex_destroy(&r->lock);
	kfree(r);
}

void run_put(struct run *r)
{
	kref_put(&r->ref, run_free);
}

struct run *run_new(const struct cred *cred)
{
	struct run *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);

	if (!r)
		return NULL;
	kref_init(&r->ref);
	mutex_init(&r->lock);
	init_completion(&r->gone);
	r->out.run = r->report.run = r;
	r->cred = cred;
	return r;
}

static ssize_t report_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct channel *c = file->private_data;
	struct run *r = c->run;
	const size_t most = c == &r->out ? OUT_MAX : REPORT_MAX;
	ssize_t rc = size;
	char *copy;

	if (size > PAGE_SIZE)
		rc = size = PAGE_SIZE;
	copy = memdup_user(buf, size);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	mutex_lock(&r->lock);
	if (c->text.w.len + size > most)
		rc = -EFBIG;
	else
		text_bytes(&c->text, copy, size);
	if (c->text.failed)
		rc = -ENOMEM;
	mutex_unlock(&r->lock);
	kfree(copy);
	return rc;
}

/* Only of @out; written before there was anybody to read it. */
static ssize_t report_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct channel *c = file->private_data;
	const struct text *in = &c->run->in;

	return simple_read_from_buffer(buf, size, pos, in->w.buf, in->w.len);
}

static int report_release(struct inode *inode, struct file *file)
{
	struct channel *c = file->private_data;

	run_put(c->run);
	return 0;
}

static const struct file_operations report_fops = {
	.owner = THIS_MODULE,
	.read = report_read,
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

static struct file *open_channel(struct run *r, struct channel *c)
{
	struct file *file = anon_inode_getfile("[crfs-report]", &report_fops, c, c == &r->out ? O_RDWR : O_WRONLY);

	if (!IS_ERR(file))
		kref_get(&r->ref);
	return file;
}

static struct file *first_file(struct run *r, const struct cred *cred)
{
	struct path root = { .mnt = r->mnt };

	if (!r->mnt)
		return open_channel(r, &r->out);
	root.dentry = r->mnt->mnt_root;
	return dentry_open(&root, O_RDONLY | O_DIRECTORY, cred);
}

/* What makes one gives it a number at once, and closes it on exec. */
static struct file *open_net(struct net *net)
{
	int fd = open_related_ns(&net->ns, get_net_ns);
	struct file *file;

	if (fd < 0)
		return ERR_PTR(fd);
	file = fget(fd);
	close_fd(fd);
	return file ?: ERR_PTR(-EBADF);
}

static int give_nets(const struct run *r)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < r->nr_nets && !rc; i++)
		rc = give(FD_NET + i, open_net(r->nets[i]));
	if (!rc && r->dir)
		rc = give(FD_NET + i, get_file(r->dir));
	return rc;
}

static int helper_begin(struct subprocess_info *info, struct cred *new)
{
	struct run *r = info->data;
	int rc;

	mutex_lock(&r->lock);
	if (!r->ended)
		r->pid = get_pid(task_tgid(current));
	rc = r->ended ? -EINTR : 0;
	mutex_unlock(&r->lock);
	if (!rc)
		rc = take_rights(new, r->cred);
	if (!rc)
		rc = give(FD_FIRST, first_file(r, new));
	if (!rc)
		rc = give(FD_REPORT, open_channel(r, &r->report));
	return rc ? rc : give_nets(r);
}

static void helper_gone(struct subprocess_info *info)
{
	struct run *r = info->data;

	complete(&r->gone);
}

/* run_program() - Return: as call_usermodehelper_exec() does */
int run_program(struct run *r, char **argv)
{
	static char *envp[] = { "HOME=/", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				NULL };
	struct subprocess_info *info;
	int rc;

	crfs_helper[strcspn(crfs_helper, "\n")] = '\0';	/* as echo(1) leaves it */
	if (!*crfs_helper)
		return -ENOENT;
	info = call_usermodehelper_setup(crfs_helper, argv, envp, GFP_KERNEL, helper_begin, helper_gone, r);
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
