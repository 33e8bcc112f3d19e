// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The header: what the checkpoint is and where it was taken.
 *
 * The layout of xstate is the CPU's: a restore needs every extended feature that the checkpoint has
 * (XCR0), at the same place, which the size of the area tells. The clocks let timers go on with the
 * time that was left.
 */
#include <cpuid.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <crfs/format.h>
#include <crfs/res/root/header.h>

#include "resource.h"
#include "rooms.h"

static __u64 xcr0(void)
{
	__u32 lo, hi, a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return 0;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return (__u64)hi << 32 | lo;
}

static __u32 xstate_size(void)
{
	__u32 a, b, c, d;

	return __get_cpuid_count(13, 0, &a, &b, &c, &d) ? b : 512;
}

static void cpu_vendor(char vendor[13])
{
	__u32 a, b, c, d;

	memset(vendor, 0, 13);
	if (!__get_cpuid(0, &a, &b, &c, &d))
		return;
	memcpy(vendor, &b, 4);
	memcpy(vendor + 4, &d, 4);
	memcpy(vendor + 8, &c, 4);
}

static __s64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static struct crfs_str str(const char *p)
{
	return (struct crfs_str){ p, strlen(p) };
}

static int header_read(struct snap *s, void *obj, struct text *out)
{
	struct utsname u;
	char vendor[13];
	struct crfs_header h;

	(void)obj;
	uname(&u);
	cpu_vendor(vendor);
	h = (struct crfs_header){
		.format = CRFS_FORMAT,
		.crfs = str(CRFS_VERSION),
		.state = str(s->live ? "running" : "frozen"),
		.kernel = str(u.release),
		.arch = str(u.machine),
		.page_size = sysconf(_SC_PAGESIZE),
		.cpu_vendor = str(vendor),
		.xfeatures = xcr0(),
		.xstate_size = xstate_size(),
		.cgroup = str(s->cg->inner),
		.realtime_ns = clock_ns(CLOCK_REALTIME),
		.monotonic_ns = clock_ns(CLOCK_MONOTONIC),
		.boottime_ns = clock_ns(CLOCK_BOOTTIME),
	};
	text_section(out, &crfs_header_shape);
	text_rec(out, &crfs_header_shape, &h);
	return 0;
}

static bool is(struct crfs_str s, const char *p)
{
	return s.len == strlen(p) && !memcmp(s.p, p, s.len);
}

static void header_check(struct image *im, struct iobj *o)
{
	const struct crfs_header *h = image_rec(o, &res_root_header, 0);
	struct utsname u;

	if (!h)
		return;
	uname(&u);
	if (h->format != CRFS_FORMAT)
		image_mismatch(im, -EINVAL, CRFS_HEADER,
			       "format %u: this crfs knows format %u: use a crfs that knows it", h->format,
			       CRFS_FORMAT);
	if (is(h->state, "running"))
		image_mismatch(im, -EINVAL, CRFS_HEADER,
			       "state running: a copy of a live view is no checkpoint: freeze first");
	else if (!is(h->state, "frozen"))
		image_mismatch(im, -EINVAL, CRFS_HEADER, "state: must be frozen");
	if (!is(h->arch, u.machine))
		image_mismatch(im, -ENOEXEC, CRFS_HEADER, "arch %.*s: this machine is %s: restore there",
			       (int)h->arch.len, h->arch.p, u.machine);
	if (h->page_size != sysconf(_SC_PAGESIZE))
		image_mismatch(im, -ENOEXEC, CRFS_HEADER, "page_size %u: here it is %ld", h->page_size,
			       sysconf(_SC_PAGESIZE));
	if (h->xfeatures & ~xcr0())
		image_mismatch(im, -ENODEV, CRFS_HEADER,
			       "xfeatures: this CPU lacks 0x%llx: restore on one that has them",
			       (unsigned long long)(h->xfeatures & ~xcr0()));
	else if (h->xstate_size != xstate_size())
		image_mismatch(im, -ENODEV, CRFS_HEADER,
			       "xstate_size %u: this CPU's area has %u bytes: restore on a CPU of the same kind",
			       h->xstate_size, xstate_size());
}

static const struct crfs_shape *const shapes[] = { &crfs_header_shape, NULL };

const struct resource res_root_header = {
	.name = CRFS_HEADER,
	.scope = PER_ROOT,
	.shapes = shapes,
	.read = header_read,
	.check = header_check,
};
