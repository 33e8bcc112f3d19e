// SPDX-License-Identifier: GPL-2.0-only
/*
 * Code with probes in it, uprobes of perf and its like: refused. fuse-proto/res/mm/probed.c says why.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <crfs/vma.h>

#include "internal.h"
#include "res/mm/mm.h"

/** struct code - where the next page of code is that the task has for itself, and what it is a copy of */
struct code {
	u64 at;
	loff_t pos;
	struct file *file;
};

static bool may_be(const struct vm_area_struct *vma)
{
	return vma->vm_file && vma->vm_flags & VM_EXEC && !(vma->vm_flags & (VM_WRITE | VM_SHARED));
}

/* From @c->at on. Return: is there one? Then with a reference on its file */
static bool next_page(struct mm_struct *mm, struct code *c)
{
	struct vm_area_struct *vma;
	u64 e = 0;

	while ((vma = find_vma(mm, c->at))) {
		c->at = max_t(u64, c->at, vma->vm_start);
		c->at = may_be(vma) ? entries_next(mm, c->at, vma->vm_end) : vma->vm_end;
		if (c->at >= vma->vm_end)
			continue;
		entries_read(mm, vma, c->at, 1, &e);
		if (e) {
			c->pos = ((loff_t)vma->vm_pgoff << PAGE_SHIFT) + (c->at - vma->vm_start);
			c->file = get_file(vma->vm_file);
			return true;
		}
		c->at += PAGE_SIZE;
	}
	return false;
}

static long probed_at(const struct cmm *cmm, const struct code *c, u8 *mem, u8 *file)
{
	loff_t pos = c->pos;

	memset(file, 0, PAGE_SIZE);
	if (access_process_vm(cmm->task->task, c->at, mem, PAGE_SIZE, FOLL_FORCE) != PAGE_SIZE ||
	    kernel_read(c->file, file, PAGE_SIZE, &pos) < 0)
		return -1;
	return crfs_probed(mem, file, PAGE_SIZE);
}

static int look(struct snap *s, struct cmm *cmm, struct mm_struct *mm, u8 *room)
{
	struct code c = { 0 };
	const char *path;
	long at = -1;
	bool more;

	for (; at < 0; c.at += PAGE_SIZE) {
		if (mmap_read_lock_killable(mm))
			return -EINTR;
		more = next_page(mm, &c);
		mmap_read_unlock(mm);
		if (!more)
			return 0;
		at = probed_at(cmm, &c, room, room + PAGE_SIZE);
		path = at < 0 ? NULL : path_text(s, &c.file->f_path);
		fput(c.file);
		if (at >= 0)
			break;
		cond_resched();
	}
	if (!path)
		return -ENOMEM;
	snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", cmm->id),
			 "the code of %s is probed at 0x%llx (uprobes: perf, bpftrace): take the probes off", path, c.at + at);
	return 0;
}

int probed_check(struct snap *s, struct cmm *cmm)
{
	struct mm_struct *mm = cmm_get(cmm);
	u8 *room = mm ? kvmalloc(2 * PAGE_SIZE, GFP_KERNEL) : NULL;
	int rc = !mm ? -ESTALE : !room ? -ENOMEM : look(s, cmm, mm, room);

	kvfree(room);
	if (mm)
		mmput(mm);
	return rc;
}
