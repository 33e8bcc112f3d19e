// SPDX-License-Identifier: GPL-2.0-or-later
/* Policy, priority, nice, affinity, I/O priority, timer slack, NUMA policy, oom_score_adj, per thread. */
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sys/resource.h>

#include "tests/work/work.h"

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

struct state {
	struct attr a;
	cpu_set_t cpus;
	int ioprio, slack, nice, mempolicy;
	unsigned long nodes[16];
};

static void get(struct state *s)
{
	memset(s, 0, sizeof(*s));
	CHECK(syscall(SYS_sched_getattr, 0, &s->a, sizeof(s->a), 0) == 0);
	CHECK(sched_getaffinity(0, sizeof(s->cpus), &s->cpus) == 0);
	s->ioprio = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
	s->slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
	s->nice = getpriority(PRIO_PROCESS, 0);
	syscall(SYS_get_mempolicy, &s->mempolicy, s->nodes, 1024, NULL, 0);
}

static void oom_set(const char *v)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	CHECK(fd >= 0 && write(fd, v, strlen(v)) > 0);
	close(fd);
}

static void set(int i)
{
	struct sched_param p = { 0 };
	cpu_set_t one;

	switch (i) {
	case 0:
		CHECK(setpriority(PRIO_PROCESS, 0, 7) == 0);
		CHECK(prctl(PR_SET_TIMERSLACK, 123456, 0, 0, 0) == 0);
		break;
	case 1:		/* a realtime thread that lends its children nothing */
		p.sched_priority = 42;
		CHECK(sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p) == 0);
		break;
	case 2:
		CHECK(sched_setscheduler(0, SCHED_BATCH, &p) == 0);
		CHECK(setpriority(PRIO_PROCESS, 0, -5) == 0);
		CHECK(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
			      IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)) == 0);
		break;
	case 3:
		CPU_ZERO(&one);
		CPU_SET(0, &one);
		CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
		CHECK(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
			      IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 6)) == 0);
		CHECK(sched_setscheduler(0, SCHED_IDLE, &p) == 0);
		break;
	case 4: {
		unsigned long node = 1;

		p.sched_priority = 3;
		CHECK(sched_setscheduler(0, SCHED_RR, &p) == 0);
		/* A kernel without NUMA says ENOSYS; then there is nothing to keep. */
		CHECK(syscall(SYS_set_mempolicy, MPOL_PREFERRED, &node, 64) == 0 || errno == ENOSYS);
		break;
	}
	}
}

static atomic_int up;

static void *thread(void *arg)
{
	struct state before, after;

	set((long)arg);
	get(&before);
	up++;
	work_wait();
	get(&after);
	if (memcmp(&before, &after, sizeof(before)))
		work_fail(__FILE__, __LINE__, "thread %ld: policy %u, nice %d, ioprio %#x, slack %d, mempolicy %d",
			  (long)arg, after.a.policy, after.nice, after.ioprio, after.slack, after.mempolicy);
	return NULL;
}

int main(void)
{
	struct state before, after;
	pthread_t t[5];
	long i;

	set(0);
	for (i = 1; i < 5; i++)
		CHECK(pthread_create(&t[i], NULL, thread, (void *)i) == 0);
	while (up < 4)
		work_sleep(1);
	oom_set("321");
	get(&before);
	work_ready();
	get(&after);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	CHECK_EQ(after.nice, 7);
	CHECK_EQ(after.slack, 123456);
	for (i = 1; i < 5; i++)
		pthread_join(t[i], NULL);
	FILE *f = fopen("/proc/self/oom_score_adj", "r");
	int oom = 0;

	CHECK(f && fscanf(f, "%d", &oom) == 1);
	CHECK_EQ(oom, 321);
	work_pass();
}
