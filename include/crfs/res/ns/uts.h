/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ns/uts-<id>: host and domain name. */
#ifndef CRFS_RES_NS_UTS_H
#define CRFS_RES_NS_UTS_H

#include <crfs/shape.h>

struct crfs_ns_uts {
	struct crfs_str nodename;
	struct crfs_str domainname;
};

static const struct crfs_field crfs_ns_uts_fields[] = {
	CRFS_FIELD(struct crfs_ns_uts, CRFS_STR, nodename),
	CRFS_FIELD(struct crfs_ns_uts, CRFS_STR, domainname),
};
CRFS_SHAPE(crfs_ns_uts_shape, struct crfs_ns_uts, CRFS_BLOCK, "uts", crfs_ns_uts_fields);

#endif
