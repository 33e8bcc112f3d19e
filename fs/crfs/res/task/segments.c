// SPDX-License-Identifier: GPL-2.0-only
/* Segments of a thread's own in the global descriptor table, set_thread_area(2). x86-64. */
#include <linux/sched.h>
#include <asm/processor.h>
#include <asm/segment.h>

#include <crfs/segments.h>

#include "internal.h"

static int segments_read(struct snap *s, void *obj, struct text *out)
{
	const struct ctask *t = obj;
	u64 table[GDT_ENTRY_TLS_ENTRIES];

	BUILD_BUG_ON(sizeof(table) != sizeof(t->task->thread.tls_array));
	memcpy(table, t->task->thread.tls_array, sizeof(table));
	crfs_segments_text(out, &crfs_segment_shape, table, GDT_ENTRY_TLS_ENTRIES,
			   GDT_ENTRY_TLS_MIN);
	return 0;
}

const struct room res_task_segments = {
	.name = "segments",
	.scope = PER_THREAD,
	.read = segments_read,
};
