// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of an address space is put back last of all: the filter of core dumps, dumpable,
 * memory-deny-write-execute, membarrier registrations. What prctl(2) and membarrier(2) of this
 * kernel tell, and no more: 0 where it cannot be asked.
 */
#include <linux/mm.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <uapi/linux/membarrier.h>
#include <uapi/linux/prctl.h>

#include <crfs/res/mm/flags.h>

#include "internal.h"

static u32 mdwe_of(const struct mm_struct *mm)
{
	u32 mdwe = 0;

#ifdef MMF_HAS_MDWE
	if (test_bit(MMF_HAS_MDWE, &mm->flags))
		mdwe |= PR_MDWE_REFUSE_EXEC_GAIN;
	if (test_bit(MMF_HAS_MDWE_NO_INHERIT, &mm->flags))
		mdwe |= PR_MDWE_NO_INHERIT;
#endif
	return mdwe;
}

/* MEMBARRIER_CMD_GET_REGISTRATIONS, 6.3 */
static u32 membarrier_of(const struct mm_struct *mm)
{
	u32 commands = 0;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	static const struct {
		int state, command;
	} map[] = {
		{ MEMBARRIER_STATE_GLOBAL_EXPEDITED, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED },
		{ MEMBARRIER_STATE_PRIVATE_EXPEDITED, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED },
		{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_SYNC_CORE,
		  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE },
		{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_RSEQ,
		  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ },
	};
	int state = atomic_read(&mm->membarrier_state);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(map); i++)
		if (state & map[i].state)
			commands |= map[i].command;
#endif
	return commands;
}

static int flags_read(struct snap *s, void *obj, struct text *out)
{
	struct cmm *cmm = obj;
	struct mm_struct *mm = cmm_get(cmm);
	struct crfs_mm_flags f;

	if (!mm)
		return -ESTALE;
	f = (struct crfs_mm_flags){
		.coredump_filter = (mm->flags & MMF_DUMP_FILTER_MASK) >> MMF_DUMP_FILTER_SHIFT,
		.dumpable = get_dumpable(mm),
		.mdwe = mdwe_of(mm),
		.membarrier = membarrier_of(mm),
	};
	mmput(mm);
	if (f.dumpable > 1)
		snap_lost(s, snap_obj(s, "mms", cmm->id),
			  "dumpable 2 (fs.suid_dumpable) comes back as 0");
	text_section(out, &crfs_mm_flags_shape);
	text_rec(out, &crfs_mm_flags_shape, &f);
	return 0;
}

const struct room res_mm_flags = {
	.name = "flags",
	.scope = PER_MM,
	.read = flags_read,
};
