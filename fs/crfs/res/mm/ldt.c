// SPDX-License-Identifier: GPL-2.0-only
/* A local descriptor table, modify_ldt(2). x86-64. */
#include <linux/sched/mm.h>
#include <asm/mmu_context.h>

#include <crfs/res/mm/ldt.h>
#include <crfs/segments.h>

#include "internal.h"

static int ldt_read(struct snap *s, void *obj, struct text *out)
{
#ifdef CONFIG_MODIFY_LDT_SYSCALL
	struct mm_struct *mm = cmm_get(obj);
	const struct ldt_struct *ldt;

	if (!mm)
		return -ESTALE;
	down_read(&mm->context.ldt_usr_sem);
	ldt = mm->context.ldt;
	BUILD_BUG_ON(sizeof(*ldt->entries) != sizeof(__u64));
	if (ldt)
		crfs_segments_text(out, &crfs_ldt_shape, (const __u64 *)ldt->entries,
				   ldt->nr_entries, 0);
	up_read(&mm->context.ldt_usr_sem);
	mmput(mm);
#endif
	return 0;
}

const struct room res_mm_ldt = {
	.name = "ldt",
	.scope = PER_MM,
	.read = ldt_read,
};
