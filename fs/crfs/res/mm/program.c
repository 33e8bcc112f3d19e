// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that is unlinked, as after an upgrade, or never had a name (fexecve(3) of a memfd): the file travels as
 * any other without a name does, and this says which it is.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include <crfs/res/mm/program.h>

#include "internal.h"
#include "res/mm/mm.h"

#define GONE " (deleted)"

/* Its file, with a reference, or NULL */
struct file *program_file(struct mm_struct *mm)
{
	struct file *exe;

	rcu_read_lock();
	exe = rcu_dereference(mm->exe_file);
	if (exe && !crfs_get_file_rcu(&mm->exe_file, exe))
		exe = NULL;
	rcu_read_unlock();
	return exe;
}

static struct cinode *nameless(struct snap *s, const struct cmm *cmm, struct file *exe, const char *link)
{
	struct place p = { .mnt_ns = cmm->task->ns[NS_MNT], .gone = true };
	size_t n = strlen(link), tail = strlen(GONE);
	struct file *own;

	if (file_is_memfd(exe, link)) {
		own = file_reopen(exe);
		return IS_ERR(own) ? ERR_CAST(own) :
				     snap_inode(s, &res_inode_memfd, file_inode(exe), own) ?: ERR_PTR(-ENOMEM);
	}
	if (n > tail && !strcmp(link + n - tail, GONE))
		n -= tail;
	p.path = str_of(snap_printf(s, "%.*s", (int)n, link));
	return p.path.p ? ghost(s, exe, &p) : ERR_PTR(-ENOMEM);
}

static int look(struct snap *s, const struct cmm *cmm, struct file *exe, struct text *out)
{
	const char *link = path_text(s, &exe->f_path);
	struct crfs_mm_program p;
	struct cinode *n;

	if (!link)
		return -ENOMEM;
	n = nameless(s, cmm, exe, link);
	if (IS_ERR(n)) {
		snap_tried(s, PTR_ERR(n));
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", cmm->id),
				 "the program %s is unlinked and cannot be read", link);
		return 0;
	}
	p.inode = n->id;
	text_section(out, &crfs_mm_program_shape);
	text_rec(out, &crfs_mm_program_shape, &p);
	return 0;
}

static int program_read(struct snap *s, void *obj, struct text *out)
{
	struct cmm *cmm = obj;
	struct mm_struct *mm = cmm_get(cmm);
	struct file *exe;
	int rc = 0;

	if (!mm)
		return -ESTALE;
	exe = program_file(mm);
	mmput(mm);
	if (exe && !file_inode(exe)->i_nlink)
		rc = look(s, cmm, exe, out);
	if (exe)
		fput(exe);
	return rc;
}

const struct room res_mm_program = {
	.name = "program",
	.scope = PER_MM,
	.read = program_read,
};
