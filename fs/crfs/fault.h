/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For debugging: allocations that fail when they are told to, or wait. Built in by CONFIG_CRFS_FS_FAULT
 * only.
 *
 * The parameter fail_nth makes the nth allocation from now on fail, once: it counts down, and
 * is 0 or less when that was. Negative, none fails, and what it has lost tells how many there were. What allocates is wrapped by name, as is what makes inodes, files and
 * the helper, so that every path after an ENOMEM can be walked.
 *
 * The parameter hold_nth makes the nth wait until 0 is written, or half a minute has passed: what happens in the middle of
 * whatever the module does. It reads as "held" then.
 */
#ifndef CRFS_FAULT_H
#define CRFS_FAULT_H
#ifdef CRFS_FAULT

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/task_work.h>
#include <linux/umh.h>

bool crfs_fails(void);

static inline void *crfs_kmalloc(size_t size, gfp_t gfp)
{
	return !(gfp & __GFP_NOFAIL) && crfs_fails() ? NULL : kmalloc(size, gfp);
}

static inline void *crfs_kzalloc(size_t size, gfp_t gfp)
{
	return crfs_fails() ? NULL : kzalloc(size, gfp);
}

static inline void *crfs_kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return crfs_fails() ? NULL : kcalloc(n, size, gfp);
}

static inline void *crfs_kvmalloc(size_t size, gfp_t gfp)
{
	return crfs_fails() ? NULL : kvmalloc(size, gfp);
}

static inline void *crfs_kvzalloc(size_t size, gfp_t gfp)
{
	return crfs_fails() ? NULL : kvzalloc(size, gfp);
}

static inline void *crfs_kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return crfs_fails() ? NULL : kvcalloc(n, size, gfp);
}

static inline void *crfs_kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	return crfs_fails() ? NULL : kvmalloc_array(n, size, gfp);
}

static inline char *crfs_kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	return crfs_fails() ? NULL : kmemdup_nul(s, len, gfp);
}

static inline void *crfs_memdup_user(const void __user *from, size_t len)
{
	return crfs_fails() ? ERR_PTR(-ENOMEM) : memdup_user(from, len);
}

static inline struct inode *crfs_new_inode(struct super_block *sb)
{
	return crfs_fails() ? NULL : new_inode(sb);
}

static inline struct dentry *crfs_d_make_root(struct inode *inode)
{
	if (!crfs_fails())
		return d_make_root(inode);
	iput(inode);
	return NULL;
}

static inline struct file *crfs_getfile(const char *name, const struct file_operations *fops,
					void *priv, int flags)
{
	return crfs_fails() ? ERR_PTR(-ENOMEM) : anon_inode_getfile(name, fops, priv, flags);
}

#undef kmalloc
#undef kzalloc
#undef kcalloc
#undef kvmalloc
#undef kvzalloc
#undef kvcalloc
#undef kvmalloc_array
#undef kmemdup_nul
#undef memdup_user
#define kmalloc crfs_kmalloc
#define kzalloc crfs_kzalloc
#define kcalloc crfs_kcalloc
#define kvmalloc crfs_kvmalloc
#define kvzalloc crfs_kvzalloc
#define kvcalloc crfs_kvcalloc
#define kvmalloc_array crfs_kvmalloc_array
#define kmemdup_nul crfs_kmemdup_nul
#define memdup_user crfs_memdup_user
#define new_inode crfs_new_inode
#define d_make_root crfs_d_make_root
#define anon_inode_getfile crfs_getfile
#define kasprintf(...) (crfs_fails() ? NULL : kasprintf(__VA_ARGS__))
#define kvasprintf(...) (crfs_fails() ? NULL : kvasprintf(__VA_ARGS__))
#define call_usermodehelper_setup(...) (crfs_fails() ? NULL : call_usermodehelper_setup(__VA_ARGS__))
#define dentry_open(...) (crfs_fails() ? ERR_PTR(-ENOMEM) : dentry_open(__VA_ARGS__))
#define filp_open(...) (crfs_fails() ? ERR_PTR(-ENOMEM) : filp_open(__VA_ARGS__))
#define kern_path(...) (crfs_fails() ? -ENOMEM : kern_path(__VA_ARGS__))

#endif
#endif
