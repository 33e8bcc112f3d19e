/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* ns/user-<id>: a user namespace; ids are those of whoever mounts. */
#ifndef CRFS_RES_NS_USER_H
#define CRFS_RES_NS_USER_H

#include <crfs/shape.h>

/* First section */
struct crfs_ns_user {
	__u32 parent;		/* ns/user-<id> it lies in; 0: that of whoever mounts */
	__u32 owner;		/* the user who made it */
	__u8 setgroups;		/* 0: "deny" */
	struct crfs_str owns;	/* list: numbers of the namespaces that belong to it */
};

static const struct crfs_field crfs_ns_user_fields[] = {
	CRFS_FIELD(struct crfs_ns_user, CRFS_DEC, parent),
	CRFS_FIELD(struct crfs_ns_user, CRFS_DEC, owner),
	CRFS_FIELD(struct crfs_ns_user, CRFS_DEC, setgroups),
	CRFS_FIELD(struct crfs_ns_user, CRFS_LIST, owns),
};
CRFS_SHAPE(crfs_ns_user_shape, struct crfs_ns_user, CRFS_BLOCK, "user", crfs_ns_user_fields);

/* Second and third section: uids and gids */
struct crfs_id_map {
	__u32 inside;
	__u32 outside;
	__u32 count;
};

static const struct crfs_field crfs_id_map_fields[] = {
	CRFS_FIELD(struct crfs_id_map, CRFS_DEC, inside),
	CRFS_FIELD(struct crfs_id_map, CRFS_DEC, outside),
	CRFS_FIELD(struct crfs_id_map, CRFS_DEC, count),
};
CRFS_SHAPE(crfs_uid_map_shape, struct crfs_id_map, CRFS_ROWS, "uid_map", crfs_id_map_fields);
CRFS_SHAPE(crfs_gid_map_shape, struct crfs_id_map, CRFS_ROWS, "gid_map", crfs_id_map_fields);

#endif
