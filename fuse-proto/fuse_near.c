// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The thread that serves requests stays near the one who makes them.
 *
 * Who asks sleeps until the answer has come. To wake it on another processor takes an interrupt there,
 * in a virtual machine by way of its host: 20 us, where the rest of a request takes 4. So while
 * requests come one after the other the leader stays on the processor of the one who asks. And it is
 * SCHED_IDLE there: else the scheduler, which sees that processor busy with the leader at the moment of
 * the waking, moves the one who asks to an idle one (select_idle_sibling(), kernel/sched/fair.c).
 *
 * SCHED_IDLE gets next to nothing beside a program that computes. Those threads of the daemon that do
 * are kept off that processor; for others, another thread watches: if a request
 * is not served in some milliseconds the leader is an ordinary thread again, and for some time.
 */
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <time.h>
#include <unistd.h>

#include "fuse.h"
#include "fuse_near.h"

#define LOOK_NS 300000		/* at most so often the leader looks where the one is who asks */
#define BUSY 8			/* requests before it looks, or it is not worth it */
#define BUSY_NS 1000000		/* on average one in that time */
#define APART 3			/* looks in vain that tell that it runs meanwhile, thus elsewhere */
#define IDLE_MS 50		/* without a request */
#define AGAIN_NS 1000000000LL	/* after one that was starved */

int64_t near_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* The way back from SCHED_IDLE is a privilege: sched(7). */
static bool can_return(void)
{
	cap_flag_value_t has = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps)
		cap_get_flag(caps, CAP_SYS_NICE, CAP_EFFECTIVE, &has);
	cap_free(caps);
	return has == CAP_SET;
}

void near_init(struct near *n, int fd, sem_t *watch)
{
	*n = (struct near){ .fd = fd, .watch = watch, .cpu = -1 };
	n->able = can_return() && sched_getscheduler(0) == SCHED_OTHER &&
		  !sched_getaffinity(0, sizeof(n->cpus), &n->cpus) && CPU_COUNT(&n->cpus) > 1;
}

static bool give_way(pid_t tid, bool yes)
{
	const struct sched_param none = { 0 };

	return !sched_setscheduler(tid, yes ? SCHED_IDLE | SCHED_RESET_ON_FORK : SCHED_OTHER, &none);
}

/* The daemon's threads that compute would be in the way of both. */
static void clear_way(const struct near *n, int cpu)
{
	cpu_set_t rest = n->cpus;
	pid_t tid;
	size_t i;

	if (cpu >= 0)
		CPU_CLR(cpu, &rest);
	for (i = 0; i < NEAR_OTHERS; i++) {
		tid = n->others[i] ? atomic_load(n->others[i]) : 0;
		if (tid)
			sched_setaffinity(tid, sizeof(rest), &rest);
	}
}

static void stay(struct near *n, int cpu)
{
	cpu_set_t one;

	if (cpu == n->cpu)
		return;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return;
	clear_way(n, cpu);
	if (!atomic_load(&n->tid) && give_way(0, true)) {
		atomic_fetch_add(&n->joined, 1);
		atomic_store(&n->tid, gettid());
		sem_post(n->watch);
	}
	n->cpu = cpu;
}

int near_patience(const struct near *n)
{
	return n->cpu < 0 ? -1 : IDLE_MS;
}

void near_leave(struct near *n)
{
	atomic_store(&n->serving, false);
	n->asked = 0;
	n->looked = near_now();
	if (n->cpu < 0)
		return;
	atomic_store(&n->tid, 0);
	give_way(0, false);
	sched_setaffinity(0, sizeof(n->cpus), &n->cpus);
	clear_way(n, -1);
	n->cpu = -1;
}

/* Where a task ran last: proc(5), /proc/pid/stat, field 39; -1: who knows. */
static int processor_of(pid_t tid)
{
	char path[32], buf[512], *p;
	int field, fd;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return -1;
	buf[len] = '\0';
	p = strrchr(buf, ')');
	for (field = 2; p && field < 39; field++)
		p = strchr(p + 1, ' ');
	return p ? atoi(p + 1) : -1;
}

static void look(struct near *n, pid_t tid, int64_t now)
{
	bool busy = n->asked * (int64_t)BUSY_NS >= now - n->looked;
	int cpu = busy && now >= atomic_load(&n->not_before) ? processor_of(tid) : -1;

	n->looked = now;
	n->asked = 0;
	if (cpu >= 0 && cpu < CPU_SETSIZE && CPU_ISSET(cpu, &n->cpus))
		stay(n, cpu);
	else
		near_leave(n);
}

void near_request(struct near *n, const struct fuse_buf *buf, unsigned int vain)
{
	const struct fuse_in_header *in = buf->mem;
	int64_t now;

	if (!n->able)
		return;
	atomic_store(&n->serving, true);
	if (++n->asked < BUSY || vain < APART || !in->pid)
		return;
	now = near_now();
	if (now - n->looked >= LOOK_NS)
		look(n, in->pid, now);
}

void near_reply(struct near *n)
{
	atomic_store(&n->serving, false);
	atomic_fetch_add(&n->served, 1);
}

bool near_watch(struct near *n)
{
	struct pollfd p = { .fd = n->fd, .events = POLLIN };
	pid_t tid = atomic_load(&n->tid);
	unsigned int served = atomic_load(&n->served), joined = atomic_load(&n->joined);
	bool same = served == n->seen && joined == n->seen_joined;

	if (tid && same && (atomic_load(&n->serving) || poll(&p, 1, 0) > 0)) {
		atomic_store(&n->not_before, near_now() + AGAIN_NS);
		atomic_store(&n->tid, 0);
		give_way(tid, false);
		sched_setaffinity(tid, sizeof(n->cpus), &n->cpus);
	}
	n->seen = served;
	n->seen_joined = joined;
	return tid;
}
