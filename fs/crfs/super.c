// SPDX-License-Identifier: GPL-2.0-only
/*
 * crfs: mount -t crfs -o cgroup=DIR none MOUNTPOINT
 *
 * A mount of a frozen cgroup shows its tasks, their memory, open files and namespaces as
 * files; see Documentation/crfs.txt, which is the specification.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>

#include "external.h"
#include "stage.h"

#define CRFS_MAGIC 0x63726673

enum { OPT_CGROUP, OPT_FILES, OPT_DIGEST, OPT_LOSSY, OPT_SIZE, OPT_EXTERNAL, OPT_TCP };

static const struct fs_parameter_spec parameters[] = {
	fsparam_string("cgroup", OPT_CGROUP),
	fsparam_string("files", OPT_FILES),
	fsparam_string("digest", OPT_DIGEST),
	fsparam_flag("lossy", OPT_LOSSY),
	fsparam_string("size", OPT_SIZE),
	fsparam_string("external", OPT_EXTERNAL),
	fsparam_string("tcp", OPT_TCP),
	{}
};

static void info_free(struct mount_info *mi)
{
	if (!mi)
		return;
	if (mi->cg)
		cgroup_put(mi->cg);
	if (mi->cred)
		put_cred(mi->cred);
	if (mi->pid_ns)
		put_pid_ns(mi->pid_ns);
	text_free(&mi->error);
	stage_free(mi);
	kfree(mi->digester);
	external_free(mi);
	kfree(mi->dir);
	kfree(mi);
}

static int parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct mount_info *mi = fc->s_fs_info;
	struct fs_parse_result result;
	int opt = fs_parse(fc, parameters, param, &result);

	switch (opt) {
	case OPT_CGROUP:
		kfree(mi->dir);
		mi->dir = param->string;
		param->string = NULL;
		return 0;
	case OPT_FILES:
		if (!stage_option(mi, "files", param->string))
			return invalf(fc, "files=strict, same or lax");
		return 0;
	case OPT_SIZE:
		if (!stage_option(mi, "size", param->string))
			return invalf(fc, "size=BYTES, with k, m or g");
		return 0;
	case OPT_DIGEST:
		if (strcmp(param->string, "xxh64"))
			return invalf(fc, "digest=%s is not carried by the kernel filesystem yet: use -t fuse.crfs",
				      param->string);
		return 0;
	case OPT_EXTERNAL:
		return external_take(mi, fc, param->string);
	case OPT_TCP:
		mi->guards = !strcmp(param->string, "guard");
		if (!mi->guards && strcmp(param->string, "refuse"))
			return invalf(fc, "tcp=refuse or guard");
		return 0;
	case OPT_LOSSY:
		mi->lossy = true;
		return 0;
	default:
		return opt;
	}
}

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct mount_info *mi = sb->s_fs_info;
	struct inode *inode;

	sb->s_magic = CRFS_MAGIC;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_time_gran = 1;
	sb->s_op = &crfs_super_ops;
	sb->s_d_op = &crfs_dentry_ops;
	sb->s_iflags |= SB_I_NODEV;
	mi->stage->sb = sb;
	inode = crfs_root_inode(sb);
	if (!inode)
		return -ENOMEM;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

/*
 * A mount is looked at and filled with the rights of who mounted it, so that who does so has to have them himself. The modes
 * of its files let in everybody who has that uid, whatever else he has.
 */
bool may_look(void)
{
	return capable(CAP_SYS_PTRACE);
}

bool may_restore(const struct mount_info *mi)
{
	return capable(CAP_SYS_ADMIN) && may_look() && capable(CAP_CHECKPOINT_RESTORE) &&
	       cap_issubset(mi->cred->cap_permitted, current_cred()->cap_permitted);
}

/*
 * What is shown is all that the container knows. Whoever mounts must have the right to trace any
 * task, and to see and make what a checkpoint is about, in the first user namespace: mounts of
 * user namespaces are not allowed (no FS_USERNS_MOUNT).
 */
static int may_mount(struct fs_context *fc)
{
	if (capable(CAP_SYS_ADMIN) && may_look() && capable(CAP_CHECKPOINT_RESTORE))
		return 0;
	errorf(fc, "crfs: mounting needs CAP_SYS_ADMIN, CAP_SYS_PTRACE and CAP_CHECKPOINT_RESTORE");
	return -EPERM;
}

static int get_tree(struct fs_context *fc)
{
	struct mount_info *mi = fc->s_fs_info;
	int rc = may_mount(fc);

	if (rc)
		return rc;
	if (!mi->dir)
		return invalf(fc, "crfs: say which cgroup: -o cgroup=DIR");
	if (*mi->dir != '/')
		return invalf(fc, "crfs: cgroup=%s: name it by an absolute path", mi->dir);
	rc = cgroup_open(mi->dir, &mi->cg);
	if (rc) {
		errorf(fc, "crfs: cgroup=%s: %s", mi->dir, rc == -EINVAL ?
		       "not a directory of cgroup v2" : "cannot be opened: make it first");
		return rc;
	}
	mi->cred = get_current_cred();
	mi->pid_ns = get_pid_ns(task_active_pid_ns(current));
	rc = ns_own(&mi->own);
	return rc ? rc : get_tree_nodev(fc, fill_super);
}

/* Nothing of a mount can be changed but what the VFS does by itself. */
static int reconfigure(struct fs_context *fc)
{
	return 0;
}

static void free_context(struct fs_context *fc)
{
	info_free(fc->s_fs_info);
}

static const struct fs_context_operations context_ops = {
	.free = free_context,
	.parse_param = parse_param,
	.get_tree = get_tree,
	.reconfigure = reconfigure,
};

static int init_context(struct fs_context *fc)
{
	struct mount_info *mi = kzalloc(sizeof(*mi), GFP_KERNEL);

	if (!mi)
		return -ENOMEM;
	mutex_init(&mi->lock);
	mutex_init(&mi->error_lock);
	if (stage_init(mi) || digester_init(mi)) {
		info_free(mi);
		return -ENOMEM;
	}
	fc->s_fs_info = mi;
	fc->ops = &context_ops;
	return 0;
}

static void kill_sb(struct super_block *sb)
{
	struct mount_info *mi = sb->s_fs_info;

	if (mi) {
		digester_end(mi);
		stage_end(mi);
	}
	kill_anon_super(sb);
	if (!mi)
		return;
	gen_drop(mi);
	info_free(mi);
}

static struct file_system_type crfs_type = {
	.owner = THIS_MODULE,
	.name = "crfs",
	.init_fs_context = init_context,
	.parameters = parameters,
	.kill_sb = kill_sb,
};
MODULE_ALIAS_FS("crfs");

static int __init crfs_init(void)
{
	return register_filesystem(&crfs_type);
}

static void __exit crfs_exit(void)
{
	unregister_filesystem(&crfs_type);
	run_end();
	/* Inodes are freed by RCU, and their file_operations are in here. */
	rcu_barrier();
}

module_init(crfs_init);
module_exit(crfs_exit);

MODULE_DESCRIPTION("Checkpoint filesystem: the tasks of a frozen cgroup as files");
MODULE_LICENSE("GPL");
