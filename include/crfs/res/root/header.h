/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* header: what the whole checkpoint is, and where it was taken. */
#ifndef CRFS_RES_ROOT_HEADER_H
#define CRFS_RES_ROOT_HEADER_H

#include <crfs/shape.h>

struct crfs_header {
	__u32 format;
	struct crfs_str crfs;		/* version of the program */
	struct crfs_str state;		/* "frozen", or "running": then it never restores */
	struct crfs_str kernel;		/* uname release */
	struct crfs_str arch;		/* uname machine */
	__u32 page_size;
	struct crfs_str cpu_vendor;
	__u64 xfeatures;		/* XCR0 */
	__u32 xstate_size;		/* bytes of an XSAVE area of this CPU */
	struct crfs_str cgroup;		/* path inside its hierarchy */
	__s64 realtime_ns;		/* clocks when the tree was read */
	__s64 monotonic_ns;
	__s64 boottime_ns;
};

static const struct crfs_field crfs_header_fields[] = {
	CRFS_FIELD(struct crfs_header, CRFS_DEC, format),
	CRFS_FIELD(struct crfs_header, CRFS_STR, crfs),
	CRFS_FIELD(struct crfs_header, CRFS_STR, state),
	CRFS_FIELD(struct crfs_header, CRFS_STR, kernel),
	CRFS_FIELD(struct crfs_header, CRFS_STR, arch),
	CRFS_FIELD(struct crfs_header, CRFS_DEC, page_size),
	CRFS_FIELD(struct crfs_header, CRFS_STR, cpu_vendor),
	CRFS_FIELD(struct crfs_header, CRFS_HEX, xfeatures),
	CRFS_FIELD(struct crfs_header, CRFS_DEC, xstate_size),
	CRFS_FIELD(struct crfs_header, CRFS_STR, cgroup),
	CRFS_FIELD(struct crfs_header, CRFS_INT, realtime_ns),
	CRFS_FIELD(struct crfs_header, CRFS_INT, monotonic_ns),
	CRFS_FIELD(struct crfs_header, CRFS_INT, boottime_ns),
};
CRFS_SHAPE(crfs_header_shape, struct crfs_header, CRFS_BLOCK, "header", crfs_header_fields);

#endif
