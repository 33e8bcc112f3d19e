// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NUMA policy of single mappings: mbind(2). Of shared memory it is the file's, and found there by the offset, as
 * mpol_shared_policy_lookup() does, which is not exported.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/sched/mm.h>
#include <linux/shmem_fs.h>

#include <crfs/res/mm/mempolicy.h>

#include "internal.h"
#include "res/mm/mm.h"

#ifdef CONFIG_NUMA

/** struct entry - a mapping that has one */
struct entry {
	u64 start, end;
	struct policy p;
};

struct entries {
	struct entry *v;
	size_t nr, cap;
};

void policy_copy(const struct mempolicy *pol, struct policy *p)
{
	*p = (struct policy){ .mode = pol->mode, .flags = pol->flags & MPOL_MODE_FLAGS };
	if (pol->flags & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES))
		p->nodes = pol->w.user_nodemask;
	else if (pol->mode != MPOL_LOCAL)
		p->nodes = pol->nodes;
}

void policy_nodes(const struct policy *p, struct text *list)
{
	int node;

	for_each_node_mask(node, p->nodes)
		text_list(list, node);
}

static void of_file(struct shared_policy *sp, pgoff_t at, struct policy *p)
{
	const struct sp_node *n;
	struct rb_node *rb;

	read_lock(&sp->lock);
	for (rb = sp->root.rb_node; rb;) {
		n = rb_entry(rb, struct sp_node, nd);
		if (at >= n->start && at < n->end)
			policy_copy(n->policy, p);
		rb = at < n->start ? rb->rb_left : at >= n->end ? rb->rb_right : NULL;
	}
	read_unlock(&sp->lock);
}

static void policy_of(const struct vm_area_struct *vma, struct policy *p)
{
	struct inode *inode = vma->vm_file ? file_inode(vma->vm_file) : NULL;

	*p = (struct policy){ .mode = MPOL_DEFAULT };
	if (!vma->vm_ops || !vma->vm_ops->get_policy) {
		if (vma->vm_policy)
			policy_copy(vma->vm_policy, p);
	} else if (inode && inode->i_sb->s_magic == TMPFS_MAGIC) {
		of_file(&SHMEM_I(inode)->policy, vma->vm_pgoff, p);
	}
}

static bool joins(const struct entry *e, u64 start, const struct policy *p)
{
	return e->end == start && e->p.mode == p->mode && e->p.flags == p->flags &&
	       nodes_equal(e->p.nodes, p->nodes);
}

static int add(struct snap *s, struct entries *all, u64 start, u64 end, const struct policy *p)
{
	struct entry *v;

	if (all->nr && joins(&all->v[all->nr - 1], start, p)) {
		all->v[all->nr - 1].end = end;
		return 0;
	}
	v = snap_grow(s, all->v, all->nr, &all->cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	all->v = v;
	v[all->nr++] = (struct entry){ start, end, *p };
	return 0;
}

static int list(struct snap *s, struct mm_struct *mm, struct entries *all)
{
	VMA_ITERATOR(vmi, mm, 0);
	struct vm_area_struct *vma;
	struct policy p;
	int rc = 0;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	for_each_vma(vmi, vma) {
		policy_of(vma, &p);
		if (p.mode != MPOL_DEFAULT)
			rc = add(s, all, vma->vm_start, vma->vm_end, &p);
		if (rc)
			break;
	}
	mmap_read_unlock(mm);
	return rc;
}

static void write(const struct entry *e, struct text *out)
{
	struct crfs_mm_mempolicy m = { .start = e->start, .end = e->end, .policy = e->p.mode, .flags = e->p.flags };
	struct text nodes = { .failed = false };

	policy_nodes(&e->p, &nodes);
	m.nodes = text_str(&nodes);
	text_rec(out, &crfs_mm_mempolicy_shape, &m);
	text_done(&nodes, out);
}

static int mempolicy_read(struct snap *s, void *obj, struct text *out)
{
	struct cmm *cmm = obj;
	struct mm_struct *mm = cmm_get(cmm);
	struct entries all = { .nr = 0 };
	size_t i;
	int rc;

	if (!mm)
		return -ESTALE;
	rc = list(s, mm, &all);
	mmput(mm);
	if (rc)
		return rc;
	if (all.nr)
		text_section(out, &crfs_mm_mempolicy_shape);
	for (i = 0; i < all.nr; i++)
		write(&all.v[i], out);
	return 0;
}

#else

static int mempolicy_read(struct snap *s, void *obj, struct text *out)
{
	return 0;
}

#endif

const struct room res_mm_mempolicy = {
	.name = "mempolicy",
	.scope = PER_MM,
	.read = mempolicy_read,
};
