// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * How much of an XSAVE area is in use: what is behind the last component that is not in its initial
 * state is all zeros, and with AMX that is 8 KiB a thread.
 */
#ifdef __KERNEL__
#include <linux/version.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#include <asm/processor.h>
#else
#include <asm/cpuid.h>
#endif
#define ask_cpuid cpuid_count
#else
#include <cpuid.h>
#define ask_cpuid(leaf, sub, a, b, c, d) __cpuid_count(leaf, sub, *(a), *(b), *(c), *(d))
#endif
#include <crfs/xstate.h>

/**
 * crfs_xlayout_read() - ask the processor where its components are
 * @l: the answer
 * @xcr0: those that are enabled
 *
 * A question costs 20 us and more in a virtual machine: keep the answer.
 */
void crfs_xlayout_read(struct crfs_xlayout *l, __u64 xcr0)
{
	unsigned int i, size, offset, c, d;

	*l = (struct crfs_xlayout){ .end = { CRFS_XSTATE_MIN, CRFS_XSTATE_MIN } };
	for (i = 2; i < 63; i++) {
		if (!(xcr0 >> i & 1))
			continue;
		ask_cpuid(13, i, &size, &offset, &c, &d);
		l->end[i] = offset + size;
	}
}

/**
 * crfs_xstate_end() - bytes from the start to the end of the last of @components
 * @l: of this processor
 * @components: a mask such as XSTATE_BV
 *
 * Return: that, CRFS_XSTATE_MIN at least
 */
__u32 crfs_xstate_end(const struct crfs_xlayout *l, __u64 components)
{
	__u32 end = CRFS_XSTATE_MIN;
	unsigned int i;

	for (i = 2; i < 63; i++)
		if (components >> i & 1 && l->end[i] > end)
			end = l->end[i];
	return end;
}
