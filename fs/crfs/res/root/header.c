// SPDX-License-Identifier: GPL-2.0-only
/* The header: what the checkpoint is and where it was taken. */
#include <linux/ktime.h>
#include <linux/utsname.h>
#include <asm/fpu/xcr.h>
#include <asm/processor.h>

#include <crfs/res/root/header.h>

#include "internal.h"

static u32 xstate_size(void)
{
	u32 a, b, c, d;

	if (boot_cpu_data.cpuid_level < 13)
		return 512;
	cpuid_count(13, 0, &a, &b, &c, &d);
	return b;
}

static int header_read(struct snap *s, void *obj, struct text *out)
{
	char *inner = cgroup_inner(s->cg, GFP_KERNEL);
	struct crfs_header h = {
		.format = CRFS_FORMAT,
		.crfs = str_of(CRFS_VERSION),
		.state = str_of(s->live ? "running" : "frozen"),
		.kernel = str_of(utsname()->release),
		.arch = str_of(utsname()->machine),
		.page_size = PAGE_SIZE,
		.cpu_vendor = str_of(boot_cpu_data.x86_vendor_id),
		.xfeatures = boot_cpu_has(X86_FEATURE_OSXSAVE) ?
			     xgetbv(XCR_XFEATURE_ENABLED_MASK) : 0,
		.xstate_size = xstate_size(),
		.cgroup = str_of(inner),
		.realtime_ns = ktime_get_real_ns(),
		.monotonic_ns = ktime_get_ns(),
		.boottime_ns = ktime_get_boottime_ns(),
	};

	if (!inner)
		return -ENOMEM;
	text_section(out, &crfs_header_shape);
	text_rec(out, &crfs_header_shape, &h);
	kfree(inner);
	return 0;
}

const struct room res_root_header = {
	.name = "header",
	.scope = PER_ROOT,
	.read = header_read,
};
