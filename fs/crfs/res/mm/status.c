// SPDX-License-Identifier: GPL-2.0-only
/*
 * An address space beside its mappings: program, borders, auxiliary vector, settings of
 * prctl(2).
 */
#include <linux/auxvec.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pkeys.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>

#include <crfs/res/mm/status.h>

#include "internal.h"
#include "res/mm/mm.h"

/* One that is unlinked travels, and need not be known again: program.c */
static int read_exe(struct snap *s, struct mm_struct *mm, struct crfs_mm_status *st)
{
	struct fileid id;
	struct file *exe = program_file(mm);
	char *path;
	int rc = 0;

	if (!exe)
		return 0;
	path = path_text(s, &exe->f_path);
	if (!path)
		rc = -ENOMEM;
	else
		st->exe = str_of(path);
	if (!rc && file_inode(exe)->i_nlink && !fileid_get(s, exe, &id)) {
		st->build_id = str_of(id.build_id);
		st->size = id.size;
		st->mtime = id.mtime;
		st->mtime_nsec = id.mtime_nsec;
	}
	fput(exe);
	return rc;
}

static void read_borders(struct mm_struct *mm, struct crfs_mm_status *st)
{
	spin_lock(&mm->arg_lock);
	st->arg_start = mm->arg_start;
	st->arg_end = mm->arg_end;
	st->env_start = mm->env_start;
	st->env_end = mm->env_end;
	spin_unlock(&mm->arg_lock);
	st->start_code = mm->start_code;
	st->end_code = mm->end_code;
	st->start_data = mm->start_data;
	st->end_data = mm->end_data;
	st->start_brk = mm->start_brk;
	st->brk = mm->brk;
	st->start_stack = mm->start_stack;
}

static void read_settings(struct mm_struct *mm, struct crfs_mm_status *st)
{
	st->thp_disable = test_bit(MMF_DISABLE_THP, &mm->flags);
#ifdef MMF_VM_MERGE_ANY
	st->merge = test_bit(MMF_VM_MERGE_ANY, &mm->flags);
#endif
	if (mm->def_flags & VM_LOCKED)
		st->lock_future = CRFS_LOCK_FUTURE |
				  (mm->def_flags & VM_LOCKONFAULT ? CRFS_LOCK_ONFAULT : 0);
}

/* The key that the kernel takes for execute-only memory counts as not allocated. */
static void read_pkeys(struct mm_struct *mm, struct text *list)
{
#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
	int i;

	for (i = 1; boot_cpu_has(X86_FEATURE_OSPKE) && i < 16; i++)
		if (mm->context.pkey_allocation_map >> i & 1 && i != mm->context.execute_only_pkey)
			text_list(list, i);
#endif
}

static void write_auxv(struct mm_struct *mm, struct text *out)
{
	size_t i;

	text_section(out, &crfs_auxv_shape);
	for (i = 0; i + 1 < AT_VECTOR_SIZE && mm->saved_auxv[i] != AT_NULL; i += 2)
		text_rec(out, &crfs_auxv_shape,
			 &(struct crfs_auxv){ mm->saved_auxv[i], mm->saved_auxv[i + 1] });
}

static void name_obstacles(struct snap *s, struct cmm *cmm, struct mm_struct *mm)
{
#ifdef CONFIG_ADDRESS_MASKING
	if (~READ_ONCE(mm->context.untag_mask))
		snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", cmm->id),
				 "tagged addresses (LAM): not carried yet");
#endif
}

static int status_read(struct snap *s, void *obj, struct text *out)
{
	struct crfs_mm_status st = { .mnt_ns = 0 };
	struct text pkeys = { .failed = false };
	struct cmm *cmm = obj;
	struct mm_struct *mm = cmm_get(cmm);
	int rc;

	if (!mm)
		return -ESTALE;
	st.mnt_ns = cmm->task->ns[NS_MNT];
	rc = read_exe(s, mm, &st);
	read_borders(mm, &st);
	read_settings(mm, &st);
	name_obstacles(s, cmm, mm);
	read_pkeys(mm, &pkeys);
	st.pkeys = text_str(&pkeys);
	text_section(out, &crfs_mm_status_shape);
	text_rec(out, &crfs_mm_status_shape, &st);
	text_done(&pkeys, out);
	write_auxv(mm, out);
	mmput(mm);
	return rc;
}

const struct room res_mm_status = {
	.name = "status",
	.scope = PER_MM,
	.read = status_read,
};
