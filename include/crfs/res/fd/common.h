/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* files/<id>, first section: what every open file description has; and the rows of fds. */
#ifndef CRFS_RES_FD_COMMON_H
#define CRFS_RES_FD_COMMON_H

#include <crfs/shape.h>

/* F_OWNER_*, fcntl(2) F_SETOWN_EX */
enum crfs_owner { CRFS_OWNER_NONE, CRFS_OWNER_TID, CRFS_OWNER_PID, CRFS_OWNER_PGRP };

static const struct crfs_name crfs_owner_types[] = {
	{ CRFS_OWNER_NONE, "none" },
	{ CRFS_OWNER_TID, "tid" },
	{ CRFS_OWNER_PID, "pid" },
	{ CRFS_OWNER_PGRP, "pgrp" },
	{ 0, NULL },
};

struct crfs_file {
	struct crfs_str type;	/* the room of its second section */
	__u32 flags;		/* as F_GETFL and fdinfo have them, O_CLOEXEC left out */
	__u64 pos;
	__u8 owner_type;
	__u32 owner;
	__u32 signal;		/* F_GETSIG */
};

static const struct crfs_field crfs_file_fields[] = {
	CRFS_FIELD(struct crfs_file, CRFS_STR, type),
	CRFS_FIELD(struct crfs_file, CRFS_OCT, flags),
	CRFS_FIELD(struct crfs_file, CRFS_DEC, pos),
	CRFS_FIELD_NAMES(struct crfs_file, CRFS_NAME, owner_type, crfs_owner_types),
	CRFS_FIELD(struct crfs_file, CRFS_DEC, owner),
	CRFS_FIELD(struct crfs_file, CRFS_DEC, signal),
};
CRFS_SHAPE(crfs_file_shape, struct crfs_file, CRFS_BLOCK, "file", crfs_file_fields);

/*
 * Up to here a description has a file of its own, files/<id>. From here on so many stand in one, which
 * has the number of the first that could be in it: files/1024 has 1024 to 1279. There the sections of
 * each come after one that says whose they are; numbers ascend.
 */
#define CRFS_FILE_GROUPED 1024U
#define CRFS_FILE_GROUP 256U

/* In a group: the next description begins */
struct crfs_file_id {
	__u32 file;		/* its id */
};

static const struct crfs_field crfs_file_id_fields[] = {
	CRFS_FIELD(struct crfs_file_id, CRFS_DEC, file),
};
CRFS_SHAPE(crfs_file_id_shape, struct crfs_file_id, CRFS_BLOCK, "id", crfs_file_id_fields);

/* crfs_file_node() - the number in the name of the file that description @id stands in */
static inline __u32 crfs_file_node(__u32 id)
{
	return id < CRFS_FILE_GROUPED ? id : id - id % CRFS_FILE_GROUP;
}

/* inodes/<id>/status, first section */
struct crfs_inode {
	struct crfs_str type;	/* the room of its second section */
};

static const struct crfs_field crfs_inode_fields[] = {
	CRFS_FIELD(struct crfs_inode, CRFS_STR, type),
};
CRFS_SHAPE(crfs_inode_shape, struct crfs_inode, CRFS_BLOCK, "inode", crfs_inode_fields);

#endif
