/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernels that crfs is built for (6.1 to 6.12), and nothing else. */
#ifndef CRFS_COMPAT_H
#define CRFS_COMPAT_H

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/version.h>
#include <linux/xattr.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <linux/filelock.h>
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define crfs_gup(mm, at, n, flags, pages) \
	get_user_pages_remote(mm, at, n, flags, pages, NULL)
#define crfs_splice_read copy_splice_read
#else
#define crfs_gup(mm, at, n, flags, pages) \
	get_user_pages_remote(mm, at, n, flags, pages, NULL, NULL)
#define crfs_splice_read generic_file_splice_read
#endif

/* Most staged files are in the page cache. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define crfs_file_splice_read filemap_splice_read
#else
#define crfs_file_splice_read generic_file_splice_read
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define crfs_idmap struct mnt_idmap
#define crfs_nop_idmap (&nop_mnt_idmap)
#else
#define crfs_idmap struct user_namespace
#define crfs_nop_idmap (&init_user_ns)
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define crfs_cap(c) ((c).val)
#else
#define crfs_cap(c) ((u64)(c).cap[1] << 32 | (c).cap[0])
#endif

static inline void crfs_inode_time(struct inode *inode, struct timespec64 ts)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	inode_set_atime_to_ts(inode, ts);
	inode_set_mtime_to_ts(inode, ts);
	inode_set_ctime_to_ts(inode, ts);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	inode->i_atime = ts;
	inode->i_mtime = ts;
	inode_set_ctime_to_ts(inode, ts);
#else
	inode->i_atime = ts;
	inode->i_mtime = ts;
	inode->i_ctime = ts;
#endif
}

/* Is @fd close-on-exec in @fdt, the table of @files? Under files->file_lock. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define crfs_close_on_exec(fd, files, fdt) close_on_exec(fd, files)
#else
#define crfs_close_on_exec(fd, files, fdt) close_on_exec(fd, fdt)
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define crfs_for_each_lock(l, head) list_for_each_entry(l, head, c.flc_list)
#define crfs_lock(l, m) ((l)->c.flc_##m)
#else
#define crfs_for_each_lock(l, head) list_for_each_entry(l, head, fl_list)
#define crfs_lock(l, m) ((l)->fl_##m)
#endif

/* As getxattr(2): since 6.2 vfs_getxattr() leaves access control lists out. */
static inline ssize_t crfs_getxattr(struct dentry *d, const char *name, void *value, size_t size)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	struct posix_acl *acl;
	ssize_t rc;

	if (strcmp(name, XATTR_NAME_POSIX_ACL_ACCESS) && strcmp(name, XATTR_NAME_POSIX_ACL_DEFAULT))
		return vfs_getxattr(&nop_mnt_idmap, d, name, value, size);
	acl = vfs_get_acl(&nop_mnt_idmap, d, name);
	if (IS_ERR(acl))
		return PTR_ERR(acl);
	rc = posix_acl_to_xattr(current_user_ns(), acl, value, size);
	posix_acl_release(acl);
	return rc;
#else
	return vfs_getxattr(&init_user_ns, d, name, value, size);
#endif
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)	/* in fs/internal.h, and exported */
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name, unsigned int flags,
		    struct path *path);
#endif

/* Of an io_uring: what can be registered with it in some kernels. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define crfs_uring_first_buffers(ctx) ((ctx)->io_bl)
#else
#define crfs_uring_first_buffers(ctx) false	/* all are in io_bl_xa */
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0) && defined(CONFIG_NET_RX_BUSY_POLL)
#define crfs_uring_napi(ctx) ((ctx)->napi_enabled)
#else
#define crfs_uring_napi(ctx) false
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define crfs_uring_clock(ctx) ((ctx)->clockid)
#else
#define crfs_uring_clock(ctx) CLOCK_MONOTONIC
#endif

#define crfs_lock_context(inode) locks_inode_context(inode)

/* A reference to @f, read from @where under rcu_read_lock(). Return: is there one? */
static inline bool crfs_get_file_rcu(struct file __rcu **where, struct file *f)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	struct file *got = get_file_rcu(where);

	if (got && got != f)
		fput(got);
	return got == f;
#else
	return get_file_rcu(f);
#endif
}

#endif
