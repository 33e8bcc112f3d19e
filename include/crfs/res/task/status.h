/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<tid>/status: who the task is, its relatives, and what it shares. */
#ifndef CRFS_RES_TASK_STATUS_H
#define CRFS_RES_TASK_STATUS_H

#include <crfs/shape.h>

enum crfs_task_state {
	CRFS_TASK_ALIVE,
	CRFS_TASK_STOPPED,	/* group stop: SIGSTOP and its like */
	CRFS_TASK_ZOMBIE,	/* exited, not waited for; other threads of it may live on */
};

static const struct crfs_name crfs_task_states[] = {
	{ CRFS_TASK_ALIVE, "alive" },
	{ CRFS_TASK_STOPPED, "stopped" },
	{ CRFS_TASK_ZOMBIE, "zombie" },
	{ 0, NULL },
};

struct crfs_task_status {
	__u32 tid;
	__u32 tgid;
	__u32 ppid;		/* 0: the parent is outside the container */
	__u32 pgid;
	__u32 sid;
	struct crfs_str nspid;	/* list: tid in each pid namespace, from the tree's inwards */
	struct crfs_str nspgid;	/* so pgid and sid; 0: led from outside of it */
	struct crfs_str nssid;
	__u8 state;
	__u32 exit_code;	/* zombies: as wait(2) gives it */
	__u32 exit_signal;	/* sent to the parent; processes only, threads 0 */
	__u32 stop_signal;	/* what stopped or continued it, while its parent has not waited for that; else 0 */
	struct crfs_str comm;
	__u32 personality;
	__u32 mm;		/* mms/<id>; 0: none (a zombie) */
	__u32 files;		/* whose fds, fs and sigactions files hold what it shares: a tid */
	__u32 fs;
	__u32 sighand;
	__u32 pid_ns;		/* ns/pid-<id> ...; 0: that of whoever mounts */
	__u32 mnt_ns;
	__u32 uts_ns;
	__u32 ipc_ns;
	__u32 net_ns;
	__u32 cgroup_ns;
	__u32 user_ns;
	struct crfs_str cgroup;	/* below the container's: "/" or "/a/b"; threaded ones per thread */
};

static const struct crfs_field crfs_task_status_fields[] = {
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, tid),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, tgid),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, ppid),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, pgid),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, sid),
	CRFS_FIELD(struct crfs_task_status, CRFS_LIST, nspid),
	CRFS_FIELD(struct crfs_task_status, CRFS_LIST, nspgid),
	CRFS_FIELD(struct crfs_task_status, CRFS_LIST, nssid),
	CRFS_FIELD_NAMES(struct crfs_task_status, CRFS_NAME, state, crfs_task_states),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, exit_code),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, exit_signal),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, stop_signal),
	CRFS_FIELD(struct crfs_task_status, CRFS_STR, comm),
	CRFS_FIELD(struct crfs_task_status, CRFS_HEX, personality),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, mm),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, files),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, fs),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, sighand),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, pid_ns),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, mnt_ns),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, uts_ns),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, ipc_ns),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, net_ns),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, cgroup_ns),
	CRFS_FIELD(struct crfs_task_status, CRFS_DEC, user_ns),
	CRFS_FIELD(struct crfs_task_status, CRFS_STR, cgroup),
};
CRFS_SHAPE(crfs_task_status_shape, struct crfs_task_status, CRFS_BLOCK, "status",
	   crfs_task_status_fields);

#endif
