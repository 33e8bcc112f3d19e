/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/creds: ids, groups, capabilities, securebits, no_new_privs. */
#ifndef CRFS_RES_TASK_CREDS_H
#define CRFS_RES_TASK_CREDS_H

#include <crfs/names.h>

struct crfs_creds {
	__u32 uid, euid, suid, fsuid;
	__u32 gid, egid, sgid, fsgid;
	struct crfs_str groups;		/* list, as the kernel sorts it */
	__u64 cap_inheritable;
	__u64 cap_permitted;
	__u64 cap_effective;
	__u64 cap_bounding;
	__u64 cap_ambient;
	__u32 securebits;
	__u8 no_new_privs;
};

#define CRFS_CRED(t, m) CRFS_FIELD(struct crfs_creds, t, m)
#define CRFS_CRED_CAPS(m) CRFS_FIELD_NAMES(struct crfs_creds, CRFS_FLAGS, m, crfs_cap_names)
static const struct crfs_field crfs_creds_fields[] = {
	CRFS_CRED(CRFS_DEC, uid), CRFS_CRED(CRFS_DEC, euid),
	CRFS_CRED(CRFS_DEC, suid), CRFS_CRED(CRFS_DEC, fsuid),
	CRFS_CRED(CRFS_DEC, gid), CRFS_CRED(CRFS_DEC, egid),
	CRFS_CRED(CRFS_DEC, sgid), CRFS_CRED(CRFS_DEC, fsgid),
	CRFS_CRED(CRFS_LIST, groups),
	CRFS_CRED_CAPS(cap_inheritable),
	CRFS_CRED_CAPS(cap_permitted),
	CRFS_CRED_CAPS(cap_effective),
	CRFS_CRED_CAPS(cap_bounding),
	CRFS_CRED_CAPS(cap_ambient),
	CRFS_FIELD_NAMES(struct crfs_creds, CRFS_FLAGS, securebits, crfs_securebit_names),
	CRFS_CRED(CRFS_DEC, no_new_privs),
};
CRFS_SHAPE(crfs_creds_shape, struct crfs_creds, CRFS_BLOCK, "creds", crfs_creds_fields);

#endif
