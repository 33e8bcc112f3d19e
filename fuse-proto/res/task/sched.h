/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scheduling: what sched.c (reading) and sched_put.c (putting back) share. */
#ifndef CRFS_TASK_SCHED_H
#define CRFS_TASK_SCHED_H

#include "resource.h"

#define SCHED_CPUS_MAX 8192
#define SCHED_NODES_MAX 1024

/* include/uapi/linux/sched/types.h, its second version (5.3) */
struct sched_attrs {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

/** sched_attrs_of() - sched_getattr(2). Return: 0 or -errno */
int sched_attrs_of(pid_t tid, struct sched_attrs *a);

/** sched_check_nodes() - are there all NUMA nodes of @list, of a policy in the file @where? */
void sched_check_nodes(struct image *im, struct iobj *o, const char *where, struct crfs_str list);

/** sched_put_nodes() - @list as a mask of SCHED_NODES_MAX bits. Return: its address in the task */
uint64_t sched_put_nodes(struct tape *t, struct crfs_str list);

void sched_check(struct image *im, struct iobj *o);
int sched_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *tape);

#endif
