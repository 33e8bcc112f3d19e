/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ns/cgroup-<id>: a cgroup namespace. */
#ifndef CRFS_RES_NS_CGROUP_H
#define CRFS_RES_NS_CGROUP_H

#include <crfs/shape.h>

struct crfs_ns_cgroup {
	struct crfs_str root;	/* below the container's cgroup: "/" or "/a/b" */
};

static const struct crfs_field crfs_ns_cgroup_fields[] = {
	CRFS_FIELD(struct crfs_ns_cgroup, CRFS_STR, root),
};
CRFS_SHAPE(crfs_ns_cgroup_shape, struct crfs_ns_cgroup, CRFS_BLOCK, "cgroup", crfs_ns_cgroup_fields);

#endif
