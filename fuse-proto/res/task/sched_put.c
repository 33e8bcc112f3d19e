// SPDX-License-Identifier: GPL-2.0-or-later
/* Giving a thread its scheduling; only what differs from the controller's, from which it was born. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <crfs/res/task/sched.h>

#include "ask.h"
#include "rooms.h"
#include "same.h"
#include "sched.h"

#define SCHED_FLAG_KEEP_ALL 0x18
#define SCHED_FLAG_UTIL_CLAMP 0x60
#define IOPRIO_WHO_PROCESS 1

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#define PR_GET_IO_FLUSHER 58
#endif

/* "0-3,7", as the kernel prints sets of CPUs and nodes; false if there is no such file */
static bool read_set(int dir, const char *path, unsigned long *bits, unsigned int nr)
{
	char buf[4096], *p = buf, *end;
	unsigned long from, to;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	buf[n] = '\0';
	for (; *p; p = *end == ',' ? end + 1 : end) {
		from = to = strtoul(p, &end, 10);
		if (end == p)
			break;
		if (*end == '-')
			to = strtoul(end + 1, &end, 10);
		for (; from <= to && from < nr; from++)
			bits[from / 64] |= 1UL << (from % 64);
	}
	return true;
}

static bool in_set(const unsigned long *bits, unsigned int nr, uint64_t i)
{
	return i < nr && bits[i / 64] >> (i % 64) & 1;
}

static void check_cpus(struct image *im, struct iobj *o, struct crfs_str list)
{
	unsigned long online[SCHED_CPUS_MAX / 64] = { 0 }, cpuset[SCHED_CPUS_MAX / 64] = { 0 };
	bool limited;
	__u64 cpu;

	if (!list.len || !read_set(AT_FDCWD, "/sys/devices/system/cpu/online", online, SCHED_CPUS_MAX))
		return;
	limited = read_set(im->cg->dir, "cpuset.cpus.effective", cpuset, SCHED_CPUS_MAX);
	while (crfs_list_next(&list, &cpu)) {
		if (!in_set(online, SCHED_CPUS_MAX, cpu))
			image_mismatch(im, -EINVAL, o->path,
				       "sched: bound to CPU %llu, which is not online here: edit cpus",
				       (unsigned long long)cpu);
		else if (limited && !in_set(cpuset, SCHED_CPUS_MAX, cpu))
			image_mismatch(im, -EINVAL, o->path,
				       "sched: bound to CPU %llu, which the cpuset of the cgroup lacks: edit either",
				       (unsigned long long)cpu);
	}
}

void sched_check_nodes(struct image *im, struct iobj *o, const char *where, struct crfs_str list)
{
	unsigned long online[SCHED_NODES_MAX / 64] = { 0 };
	__u64 node;

	if (!list.len)
		return;
	if (!read_set(AT_FDCWD, "/sys/devices/system/node/online", online, SCHED_NODES_MAX))
		online[0] = 1;
	while (crfs_list_next(&list, &node))
		if (!in_set(online, SCHED_NODES_MAX, node))
			image_mismatch(im, -EINVAL, o->path,
				       "%s: its memory policy names node %llu, which is not here: edit it",
				       where, (unsigned long long)node);
}

static bool may(int cap)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { 0 };

	return !syscall(SYS_capget, &h, d) && d[0].effective >> cap & 1;
}

void sched_check(struct image *im, struct iobj *o)
{
	const struct crfs_sched *c = image_rec(o, &res_task_sched, 0);

	if (!c) {
		same_check(im, o, &res_task_sched);
		return;
	}
	check_cpus(im, o, c->cpus);
	sched_check_nodes(im, o, "sched", c->mempolicy_nodes);
	if ((c->nice < 0 || (c->policy != SCHED_OTHER && c->policy != SCHED_BATCH &&
			     c->policy != SCHED_IDLE) || c->ioprio_class == 1) && !may(CAP_SYS_NICE))
		image_mismatch(im, -EPERM, o->path, "sched: its priority needs CAP_SYS_NICE");
	if (c->io_flusher && !may(CAP_SYS_RESOURCE))
		image_mismatch(im, -EPERM, o->path,
			       "sched: io_flusher needs CAP_SYS_RESOURCE: mount with it");
	if (c->nice < -20 || c->nice > 19 || c->priority > 99)
		image_mismatch(im, -EINVAL, o->path, "sched: no such nice value or priority");
}

static uint64_t put_bits(struct tape *t, struct crfs_str list, unsigned int nr)
{
	uint64_t at = tape_data(t, NULL, nr / 8), i;
	unsigned long *bits = tape_local(t, at);

	while (!t->full && crfs_list_next(&list, (__u64 *)&i))
		if (i < nr)
			bits[i / 64] |= 1UL << (i % 64);
	return at;
}

uint64_t sched_put_nodes(struct tape *t, struct crfs_str list)
{
	return put_bits(t, list, SCHED_NODES_MAX);
}

/* Born of a controller that may itself be bound; @bound: this one is. */
static void put_cpus(struct tape *t, struct crfs_str list, bool bound)
{
	cpu_set_t own;
	unsigned int nr = 1024;
	uint64_t cpu;
	struct crfs_str l = list;

	if (!list.len) {
		if (!bound &&
		    (sched_getaffinity(0, sizeof(own), &own) || CPU_COUNT(&own) >= get_nprocs()))
			return;
		memset(&own, 0xff, sizeof(own));
		tape_call(t, "sched_setaffinity", SYS_sched_setaffinity, 0, sizeof(own),
			  tape_data(t, &own, sizeof(own)));
		return;
	}
	while (crfs_list_next(&l, (__u64 *)&cpu))
		if (cpu >= nr && cpu < SCHED_CPUS_MAX)
			nr = SCHED_CPUS_MAX;
	tape_call(t, "sched_setaffinity", SYS_sched_setaffinity, 0, nr / 8, put_bits(t, list, nr));
}

static void put_attrs(struct tape *t, const struct crfs_sched *c)
{
	struct sched_attrs a = {
		.size = sizeof(a), .policy = c->policy, .flags = c->sched_flags, .nice = c->nice,
		.priority = c->priority, .runtime = c->runtime_ns, .deadline = c->deadline_ns,
		.period = c->period_ns,
	}, own;

	if (sched_attrs_of(0, &own))
		memset(&own, 0xff, sizeof(own));
	/* Real-time policies leave it alone; it counts again when they are given up. */
	if (a.nice != own.nice && a.policy != SCHED_OTHER && a.policy != SCHED_BATCH)
		tape_call(t, "setpriority", SYS_setpriority, PRIO_PROCESS, 0, a.nice);
	if (a.policy != own.policy || a.flags != own.flags || a.nice != own.nice ||
	    a.priority != own.priority || a.runtime || a.deadline || a.period)
		tape_call(t, "sched_setattr", SYS_sched_setattr, 0, tape_data(t, &a, sizeof(a)), 0);
	if (c->util_min == own.util_min && c->util_max == own.util_max)
		return;
	a.flags |= SCHED_FLAG_KEEP_ALL | SCHED_FLAG_UTIL_CLAMP;
	a.util_min = c->util_min;
	a.util_max = c->util_max;
	tape_call(t, "sched_setattr(util)", SYS_sched_setattr, 0, tape_data(t, &a, sizeof(a)), 0);
}

static void put_mempolicy(struct tape *t, const struct crfs_sched *c)
{
	int own = 0;

	if (syscall(SYS_get_mempolicy, &own, NULL, 0, NULL, 0))
		own = 0;
	if (!c->mempolicy && !c->mempolicy_flags && !own)
		return;
	tape_call(t, "set_mempolicy", SYS_set_mempolicy, c->mempolicy | c->mempolicy_flags,
		  c->mempolicy_nodes.len ? sched_put_nodes(t, c->mempolicy_nodes) : 0,
		  c->mempolicy_nodes.len ? SCHED_NODES_MAX : 0);
}

int sched_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	const struct crfs_sched *c = same_rec(rt, &res_task_sched);
	long prio, own = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);

	(void)rs;
	(void)o;
	if (!c)
		return 0;
	put_cpus(t, c->cpus, rt->bound);
	if (c->timer_slack_ns && c->timer_slack_ns != (uint64_t)prctl(PR_GET_TIMERSLACK))
		tape_call(t, "prctl(PR_SET_TIMERSLACK)", SYS_prctl, PR_SET_TIMERSLACK,
			  c->timer_slack_ns);
	put_attrs(t, c);
	prio = (long)c->ioprio_class << 13 | c->ioprio_data;
	if (prio != (own < 0 ? 0 : own))
		tape_call(t, "ioprio_set", SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, prio);
	put_mempolicy(t, c);
	if (c->io_flusher)
		tape_call(t, "prctl(PR_SET_IO_FLUSHER)", SYS_prctl, PR_SET_IO_FLUSHER, 1);
	return 0;
}
