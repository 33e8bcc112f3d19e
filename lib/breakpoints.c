// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Debug registers, as breakpoints (Intel SDM 3, 18.2.4). x86-64. */
#include <crfs/breakpoints.h>

const unsigned char crfs_breakpoint_lengths[4] = { 1, 2, 8, 4 };

void crfs_breakpoints_text(struct text *out, __u64 dr7, const __u64 at[CRFS_BREAKPOINTS])
{
	struct crfs_breakpoint c;
	unsigned int i, how;

	text_section(out, &crfs_breakpoint_shape);
	for (i = 0; i < CRFS_BREAKPOINTS; i++) {
		how = dr7 >> (16 + 4 * i) & 0xf;
		c = (struct crfs_breakpoint){ i, at[i], how & 3, crfs_breakpoint_lengths[how >> 2] };
		if (dr7 >> 2 * i & 3)
			text_rec(out, &crfs_breakpoint_shape, &c);
	}
}
