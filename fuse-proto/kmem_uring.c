// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * io_uring in the kernel's memory (struct io_ring_ctx, io_uring_task in include/linux/io_uring_types.h) of who does not run.
 *
 * Each thread counts its requests that are not done in a percpu_counter, 1024 ahead at a time; those ahead are cached_refs.
 */
#include <errno.h>
#include <time.h>

#include "kmem_pid.h"
#include "kmem_uring.h"

/* What makes an io_uring more than its rings: a pointer, or what an xarray begins with. @old: some kernels have no such thing */
static const struct {
	enum kmember member;
	bool xarray, old;
	const char *what;
} registered[] = {
	{ K_URING_EVENTFD, false, false, "an eventfd" },
	{ K_URING_PERSONALITIES, true, false, "personalities" },
	{ K_URING_BUFFERS, true, false, "provided buffers" },
	{ K_URING_FIRST_BUFFERS, false, true, "provided buffers" },
	{ K_URING_LIMITS, false, true, "a number of workers" },
	{ K_URING_REGION, false, true, "a region of memory" },	/* struct io_mapped_region begins with its pages, 6.13 */
};

static int look_registered(struct kmem *k, uint64_t ctx, struct kmem_uring *u)
{
	uint64_t p;
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(registered) / sizeof(registered[0]) && !rc; i++) {
		const long at = k->at[registered[i].member];

		if (at < 0 && registered[i].old)
			continue;
		if (at < 0 || k->at[K_XARRAY_HEAD] < 0)
			return -EOPNOTSUPP;
		rc = kmem_read(k, ctx + at + (registered[i].xarray ? k->at[K_XARRAY_HEAD] : 0), &p, sizeof(p));
		if (!rc && p)
			u->has = registered[i].what;
	}
	return rc;
}

int kmem_uring(struct kmem *k, int fd, struct kmem_uring *u)
{
	uint64_t file, ctx;
	bool restricted = false;
	int32_t clock = CLOCK_MONOTONIC;	/* the only one before 6.12 */
	int rc = kmem_file(k, fd, &file);

	*u = (struct kmem_uring){ 0 };
	if (!rc)
		rc = kmem_get(k, file, K_FILE_PRIVATE, &ctx, sizeof(ctx));
	if (!rc)
		rc = kmem_get(k, ctx, K_URING_FLAGS, &u->flags, sizeof(u->flags));
	if (!rc)
		rc = k->at[K_URING_RESTRICTIONS] < 0 ? -EOPNOTSUPP :
		     kmem_get(k, ctx + k->at[K_URING_RESTRICTIONS], K_RESTRICTION_ON, &restricted, sizeof(restricted));
	if (!rc && k->at[K_URING_CLOCK] >= 0)
		rc = kmem_get(k, ctx, K_URING_CLOCK, &clock, sizeof(clock));
	if (!rc && clock != CLOCK_MONOTONIC)
		u->has = "a clock of its own";
	if (!rc && restricted)
		u->has = "restrictions";
	return rc ?: look_registered(k, ctx, u);
}

/* As percpu_counter_sum() */
static int sum(struct kmem *k, uint64_t counter, int64_t *n)
{
	uint64_t base, offset;
	unsigned int cpu;
	int32_t some;
	int rc = kmem_get(k, counter, K_COUNTER_COUNT, n, sizeof(*n));

	if (!rc)
		rc = kmem_get(k, counter, K_COUNTER_CPUS, &base, sizeof(base));
	for (cpu = 0; !rc; cpu++) {
		rc = kmem_percpu(k, cpu, &offset);
		if (!rc)
			rc = kmem_read(k, base + offset, &some, sizeof(some));
		if (!rc)
			*n += some;
	}
	return rc == -ENOENT ? 0 : rc;
}

int kmem_uring_flying(struct kmem *k, int proc, pid_t tid, int64_t *n)
{
	int64_t ahead_and_all;
	uint64_t at;
	int32_t ahead;
	int rc = kmem_task_find(k, proc, tid, &at);

	if (!rc)
		rc = kmem_get(k, at, K_TASK_URING, &at, sizeof(at));
	if (rc || !at)
		return rc;
	rc = k->at[K_TCTX_INFLIGHT] < 0 ? -EOPNOTSUPP : kmem_get(k, at, K_TCTX_AHEAD, &ahead, sizeof(ahead));
	if (!rc)
		rc = sum(k, at + k->at[K_TCTX_INFLIGHT], &ahead_and_all);
	if (!rc)
		*n += ahead_and_all - ahead;
	return rc;
}
