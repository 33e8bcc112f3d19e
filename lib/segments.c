// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Descriptors of segments, as the CPU has them in a table. x86-64. */
#include <crfs/segments.h>

/* Intel SDM 3, 3.4.5; the kernel's fill_ldt() backwards. */
static struct crfs_segment from_descriptor(unsigned int entry, __u64 d)
{
	struct crfs_segment c = {
		.entry = entry, .base = (d >> 16 & 0xffffff) | (d >> 56 & 0xff) << 24,
		.limit = (d & 0xffff) | (d >> 48 & 0xf) << 16, .contents = d >> 42 & 3,
	};

	c.flags |= d >> 54 & 1 ? CRFS_SEG_32BIT : 0;
	c.flags |= d >> 41 & 1 ? 0 : CRFS_SEG_READ_EXEC_ONLY;
	c.flags |= d >> 55 & 1 ? CRFS_SEG_IN_PAGES : 0;
	c.flags |= d >> 47 & 1 ? 0 : CRFS_SEG_NOT_PRESENT;
	c.flags |= d >> 52 & 1 ? CRFS_SEG_USEABLE : 0;
	return c;
}

void crfs_segments_text(struct text *out, const struct crfs_shape *shape, const __u64 *table, unsigned int n,
			unsigned int first)
{
	struct crfs_segment c;
	unsigned int i;
	bool any = false;

	for (i = 0; i < n; i++) {
		if (!table[i])
			continue;
		if (!any)
			text_section(out, shape);
		any = true;
		c = from_descriptor(first + i, table[i]);
		text_rec(out, shape, &c);
	}
}
