// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Contexts of asynchronous I/O in the kernel's memory (fs/aio.c), of a process that does not run.
 *
 * How many requests are not done is told by what is left: a context has nr - 1 of them to give, some of which each CPU
 * has taken for itself, and those that are done are given back with a delay (completed_events).
 */
#include <errno.h>
#include <stdlib.h>

#include "kmem_aio.h"
#include "kmem_pid.h"

#define CONTEXTS_MAX 65536

/* What all CPUs have taken and not used */
static int on_cpus(struct kmem *k, uint64_t base, int64_t *sum)
{
	uint64_t offset;
	uint32_t some;
	unsigned int cpu;
	int rc = 0;

	for (cpu = 0; !rc; cpu++) {
		rc = kmem_percpu(k, cpu, &offset);
		if (!rc)
			rc = kmem_get(k, base + offset, K_AIO_CPU_AVAILABLE, &some, sizeof(some));
		if (!rc)
			*sum += some;
	}
	return rc == -ENOENT ? 0 : rc;
}

static int read_context(struct kmem *k, uint64_t at, struct kaio *c)
{
	uint32_t done, left;
	uint64_t cpu;
	int64_t all;
	int rc = kmem_get(k, at, K_AIO_ADDR, &c->addr, sizeof(c->addr));

	if (!rc)
		rc = kmem_get(k, at, K_AIO_REQUESTS, &c->requests, sizeof(c->requests));
	if (!rc)
		rc = kmem_get(k, at, K_AIO_EVENTS, &c->nr, sizeof(c->nr));
	if (!rc)
		rc = kmem_get(k, at, K_AIO_TAIL, &c->tail, sizeof(c->tail));
	if (!rc)
		rc = kmem_get(k, at, K_AIO_COMPLETED, &done, sizeof(done));
	if (!rc)
		rc = kmem_get(k, at, K_AIO_AVAILABLE, &left, sizeof(left));
	if (!rc)
		rc = kmem_get(k, at, K_AIO_CPU, &cpu, sizeof(cpu));
	all = left;
	if (!rc)
		rc = on_cpus(k, cpu, &all);
	c->flying = (int64_t)c->nr - 1 - all - done;
	return rc;
}

static int read_table(struct kmem *k, uint64_t table, struct kaio **all, size_t *n)
{
	uint32_t nr, i;
	uint64_t at;
	int rc = kmem_get(k, table, K_AIO_NR, &nr, sizeof(nr));

	if (rc || k->at[K_AIO_TABLE] < 0 || nr > CONTEXTS_MAX)
		return rc ? rc : -EOPNOTSUPP;
	*all = calloc(nr + 1, sizeof(**all));
	if (!*all)
		return -ENOMEM;
	for (i = 0; i < nr && !rc; i++) {
		rc = kmem_read(k, table + k->at[K_AIO_TABLE] + 8ULL * i, &at, sizeof(at));
		if (!rc && at)
			rc = read_context(k, at, &(*all)[(*n)++]);
	}
	return rc;
}

int kmem_aio(struct kmem *k, int proc, pid_t tid, struct kaio **all, size_t *n)
{
	uint64_t at;
	int rc = kmem_task_find(k, proc, tid, &at);

	*all = NULL;
	*n = 0;
	if (!rc)
		rc = kmem_get(k, at, K_TASK_MM, &at, sizeof(at));
	if (!rc)
		rc = kmem_get(k, at, K_MM_AIO, &at, sizeof(at));
	if (!rc && at)
		rc = read_table(k, at, all, n);
	if (rc) {
		free(*all);
		*all = NULL;
	}
	return rc;
}
