/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* cgroup: the cgroups below the container's, and what is set in them. */
#ifndef CRFS_RES_ROOT_CGROUP_H
#define CRFS_RES_ROOT_CGROUP_H

#include <crfs/shape.h>

/* What stands for a file where a BPF program says which devices may be used; its value is "attached" */
#define CRFS_CGROUP_DEVICE "bpf_device"

/* A row for each cgroup (file and value empty), then one for each line of each file that is set. */
struct crfs_cgroup {
	struct crfs_str path;	/* below the container's cgroup: "/a/b" */
	struct crfs_str file;	/* "memory.max" */
	struct crfs_str value;	/* what was read from it and is written back */
};

static const struct crfs_field crfs_cgroup_fields[] = {
	CRFS_FIELD(struct crfs_cgroup, CRFS_STR, path),
	CRFS_FIELD(struct crfs_cgroup, CRFS_STR, file),
	CRFS_FIELD(struct crfs_cgroup, CRFS_STR, value),
};
CRFS_SHAPE(crfs_cgroup_shape, struct crfs_cgroup, CRFS_ROWS, "cgroup", crfs_cgroup_fields);

#endif
