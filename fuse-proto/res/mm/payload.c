// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bytes of an extent, read from the frozen task when they are asked for.
 *
 * process_vm_readv(2) is a third faster than /proc/<pid>/mem, but it pins: a page that is shared
 * copy-on-write it first gives the task a copy of (5.19, gup_must_unshare()), and what the task may
 * not read it refuses. Memory with such pages is read through /proc/<pid>/mem, a tracer's view.
 *
 * Either brings the page of zeros into a hole, which mincore(2) shows: not into mappings that come
 * back with their holes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mm.h"
#include "payload.h"
#include "proc.h"
#include "scan.h"
#include "view.h"

/* In node->arg, beside the address. */
#define SHY 1		/* not with process_vm_readv() */
#define CROSSING 2	/* over several mappings: leave its holes alone */
#define FLAGS 3ULL

struct source {
	struct snap *s;
	pid_t tid;
	uint64_t *rseq;
	size_t nr;
};

static ssize_t read_mem(const struct source *src, void *buf, size_t n, uint64_t at)
{
	int fd = proc_open(src->s->proc, O_RDONLY, "%d/mem", src->tid);
	ssize_t r;

	if (fd < 0)
		return fd;
	r = pread(fd, buf, n, at);
	if (r < 0)
		r = -errno;
	close(fd);
	return r;
}

static ssize_t read_some(const struct source *src, void *buf, size_t n, uint64_t at, bool shy)
{
	struct iovec here = { buf, n }, there = { (void *)at, n };
	ssize_t r;

	if (shy)
		return read_mem(src, buf, n, at);
	r = process_vm_readv(src->tid, &here, 1, &there, 1, 0);
	return r < 0 ? -errno : r;
}

static void clear(uint8_t *buf, uint64_t at, size_t n, uint64_t from, uint64_t to)
{
	from = from > at ? from : at;
	to = to < at + n ? to : at + n;
	if (from < to)
		memset(buf + (from - at), 0, to - from);
}

/*
 * The kernel writes into struct rseq which CPU a thread is on, whenever it goes back to user space:
 * not state, and never twice the same. cpu_id_start and cpu_id; node_id and mm_cid (6.3).
 */
static void forget_cpus(const struct source *src, uint8_t *buf, uint64_t at, size_t n)
{
	size_t i;

	for (i = 0; i < src->nr; i++) {
		clear(buf, at, n, src->rseq[i], src->rseq[i] + 8);
		clear(buf, at, n, src->rseq[i] + 20, src->rseq[i] + 28);
	}
}

static int fetch(const struct source *src, uint8_t *buf, size_t n, uint64_t at, bool shy)
{
	size_t done;
	ssize_t r = 0;

	for (done = 0; done < n; done += r) {
		if (view_expired(src->s->view))
			return -ESTALE;
		r = read_some(src, buf + done, n - done, at + done, shy);
		if (r <= 0)
			break;
	}
	/* A running task may have given up pages since: a live view is for looking. */
	if (done < n && src->s->live && r == -EFAULT) {
		memset(buf + done, 0, n - done);
		return 0;
	}
	return done == n ? 0 : r == -ESRCH ? -ESTALE : r < 0 ? (int)r : -EIO;
}

static int fetch_there(const struct source *src, uint8_t *buf, size_t n, uint64_t at, bool shy)
{
	uint64_t end = at + n, next = at;
	struct scan sc;
	size_t i;
	int rc = scan_open(&sc, src->s->proc, src->tid);

	if (!rc)
		rc = scan_range(&sc, at / PAGE * PAGE, (end + PAGE - 1) / PAGE * PAGE, false);
	for (i = 0; i < sc.nr && !rc; i++) {
		uint64_t from = sc.range[i].start > at ? sc.range[i].start : at;
		uint64_t to = sc.range[i].end < end ? sc.range[i].end : end;

		clear(buf, at, n, next, from);
		rc = fetch(src, buf + (from - at), to - from, from, shy);
		next = to;
	}
	clear(buf, at, n, next, end);
	scan_close(&sc);
	return rc == -ESRCH || rc == -ENOENT ? -ESTALE : rc;
}

static ssize_t extent_pread(struct node *n, void *buf, size_t size, off_t off)
{
	const struct source *src = n->priv;
	uint64_t at = (n->arg & ~FLAGS) + off;
	int rc;

	if (off < 0 || off >= n->size)
		return 0;
	if (size > (size_t)(n->size - off))
		size = n->size - off;
	rc = (n->arg & CROSSING ? fetch_there : fetch)(src, buf, size, at, n->arg & SHY);
	if (view_expired(src->s->view))
		return -ESTALE;
	if (rc)
		return rc;
	forget_cpus(src, buf, at, size);
	return size;
}

static off_t extent_hole(struct node *n, off_t off, bool data)
{
	const struct source *src = n->priv;
	uint64_t base = n->arg & ~FLAGS, end = base + n->size, at = base + off;
	struct scan sc;
	size_t i;
	int rc;

	if (off < 0 || off >= n->size)
		return -ENXIO;
	rc = scan_open(&sc, src->s->proc, src->tid);
	if (!rc)
		rc = scan_range(&sc, base, end, false);
	for (i = 0; !rc && i < sc.nr && sc.range[i].end <= at; i++)
		;
	if (rc)
		at = data ? at : end;
	else if (!data)
		at = i < sc.nr && sc.range[i].start <= at ? sc.range[i].end : at;
	else if (i < sc.nr)
		at = sc.range[i].start > at ? sc.range[i].start : at;
	else
		at = 0;
	scan_close(&sc);
	return at ? (off_t)(at - base) : -ENXIO;
}

static const struct payload_ops ops = { .pread = extent_pread, .hole = extent_hole };

/** struct cpus - every struct rseq: of mm i from @addr[first[i]] to before @addr[first[i + 1]] */
struct cpus {
	uint64_t *addr;
	size_t *first;
};

static const char key;

static struct cpus *sort_cpus(struct snap *s)
{
	struct cpus *c = pool_alloc(&s->pool, sizeof(*c));
	size_t i, *at;

	if (!c)
		return NULL;
	c->addr = pool_alloc(&s->pool, (s->nr_tasks + 1) * sizeof(*c->addr));
	c->first = pool_alloc(&s->pool, (s->nr_mms + 2) * sizeof(*c->first));
	at = pool_alloc(&s->scratch, (s->nr_mms + 2) * sizeof(*at));
	if (!c->addr || !c->first || !at)
		return NULL;
	for (i = 0; i < s->nr_tasks; i++)
		if (s->tasks[i].mm && s->tasks[i].rseq)
			c->first[s->tasks[i].mm->id + 1]++;
	for (i = 1; i < s->nr_mms + 2; i++)
		at[i] = c->first[i] += c->first[i - 1];
	for (i = 0; i < s->nr_tasks; i++)
		if (s->tasks[i].mm && s->tasks[i].rseq)
			c->addr[at[s->tasks[i].mm->id]++] = s->tasks[i].rseq;
	snap_note(s, &s->tasks[0], &key, c);
	return c;
}

void *payload_source(struct snap *s, const struct mm *mm)
{
	struct cpus *c = snap_noted(&s->tasks[0], &key);
	struct source *src = pool_alloc(&s->pool, sizeof(*src));

	if (!c)
		c = sort_cpus(s);
	if (!c || !src)
		return NULL;
	*src = (struct source){ .s = s, .tid = mm->task->tid, .rseq = c->addr + c->first[mm->id],
				.nr = c->first[mm->id + 1] - c->first[mm->id] };
	return src;
}

int payload_extent(struct snap *s, struct node *dir, void *source, uint64_t start, uint64_t end,
		   bool shy, bool crossing)
{
	uint64_t flags = (shy ? SHY : 0) | (crossing ? CROSSING : 0);
	char name[24];

	snprintf(name, sizeof(name), "%llx", (unsigned long long)start);
	if (!tree_payload(s->tree, dir, name, end - start, &ops, source, start | flags))
		return -ENOMEM;
	return 0;
}
