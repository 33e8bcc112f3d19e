// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contexts of asynchronous I/O, io_setup(2): what is done and was not fetched, in rings that the kernel maps.
 *
 * The ring is read where it is mapped. How many requests are not done stands in struct kioctx, which is private to
 * fs/aio.c: so it stands here once more (it is the same from 5.8 to 6.12), is read without faulting, and believed only if
 * both its beginning and its end are of this mapping: its address, its size, and the file that is mapped. Requests in
 * flight are waited for a while: a disk answers, what waits for other things (IOCB_CMD_POLL) is refused. Lost: what stands
 * in the ring where nothing is to be fetched.
 */
#include <linux/aio_abi.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <crfs/res/mm/aio.h>

#include "internal.h"
#include "res/mm/mm.h"

#define MAGIC 0xa10a10a1
#define HEAD 32		/* struct aio_ring, without its events */
#define PATIENCE_MS 500
#define CONTEXTS_MAX 65536

#define peek(to, from) copy_from_kernel_nofault(to, from, sizeof(*(to)))

struct table {
	struct rcu_head rcu;
	unsigned int nr;
	const void *contexts[];
};

struct taken {
	unsigned int nr;
};

struct context {
	struct percpu_ref users;
	atomic_t dead;
	struct percpu_ref reqs;
	unsigned long at;
	struct taken __percpu *cpu;
	unsigned int batch, requests, nr;
	unsigned long base, size;
	void **pages;
	long nr_pages;
	struct rcu_work work;
	void *wait;
	struct {
		atomic_t left;
	} ____cacheline_aligned_in_smp;
	struct {
		spinlock_t lock;
		struct list_head active;
	} ____cacheline_aligned_in_smp;
	struct {
		struct mutex ring_lock;
		wait_queue_head_t ring_wait;
	} ____cacheline_aligned_in_smp;
	struct {
		unsigned int tail, done;
		spinlock_t done_lock;
	} ____cacheline_aligned_in_smp;
	struct page *few_pages[8];
	const struct file *file;
};

/** struct caio - a ring that can be carried */
struct caio {
	struct crfs_mm_aio r;
	struct caio *next;
};

/** struct ring_head - what of it is mapped, before the events */
struct ring_head {
	u32 id, nr, head, tail, magic, compat, incompat, length;
};

/* The @i-th of an mm, @c NULL: is there one at all? Return: 1, 0, or -ENOENT: there are no more */
static int context_get(const struct mm_struct *mm, unsigned int i, struct context *c)
{
	const struct table *table;
	const void *at = NULL;
	unsigned int nr = 0;
	int rc = -ENOENT;

	rcu_read_lock();
	table = (const void *)rcu_access_pointer(mm->ioctx_table);
	if (table && !peek(&nr, &table->nr) && i < nr && i < CONTEXTS_MAX) {
		rc = !peek(&at, &table->contexts[i]) && at;
		if (rc && c)
			rc = !peek(c, (const struct context *)at);
	}
	rcu_read_unlock();
	return rc;
}

static bool any_context(const struct mm_struct *mm)
{
	unsigned int i;
	int rc;

	for (i = 0; (rc = context_get(mm, i, NULL)) >= 0; i++)
		if (rc)
			return true;
	return false;
}

static bool find(const struct mm_struct *mm, u64 at, struct context *c)
{
	unsigned int i;
	int rc;

	for (i = 0; (rc = context_get(mm, i, c)) >= 0; i++)
		if (rc && c->at == at)
			return true;
	return false;
}

static bool sound(const struct context *c, const struct file *file)
{
	return c->file == file && c->nr_pages > 0 && c->size == (u64)c->nr_pages << PAGE_SHIFT &&
	       c->nr == (c->size - HEAD) / sizeof(struct io_event);
}

/* What is left to give, and what is done and was not yet given back, is not in flight. */
static s64 flying(const struct context *c)
{
	s64 left = (s64)atomic_read(&c->left) + c->done;
	struct taken taken;
	int cpu;

	for_each_possible_cpu(cpu)
		if (!peek(&taken, (const struct taken *)per_cpu_ptr(c->cpu, cpu)))
			left += taken.nr;
	return (s64)c->nr - 1 - left;
}

static bool read_mapped(const struct cmm *cmm, u64 at, void *buf, int len)
{
	return access_process_vm(cmm->task->task, at, buf, len, FOLL_FORCE) == len;
}

static bool refuse(struct snap *s, const struct cmm *cmm, u64 start, u64 end, const char *name, const char *why)
{
	snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", cmm->id), "mapping %llx-%llx of %s: %s", start, end, name,
			 why);
	return false;
}

static int keep(struct snap *s, struct cmm *cmm, const struct context *c, const struct ring_head *h)
{
	struct caio *new = snap_alloc(s, sizeof(*new)), **end = &cmm->aio;

	if (!new)
		return -ENOMEM;
	*new = (struct caio){ .r = {
		.context = c->at, .requests = c->requests, .nr = c->nr, .head = h->head, .tail = c->tail,
	} };
	while (*end)
		end = &(*end)->next;
	*end = new;
	return 1;
}

bool aio_mapped(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == MAGIC;
}

int aio_ring(struct snap *s, struct cmm *cmm, u64 start, u64 end, const struct file *file, const char *name)
{
	struct ring_head h;
	struct context c;
	s64 n = 1;
	int ms;

	for (ms = 0; n && ms < PATIENCE_MS; ms++) {
		if (ms)
			usleep_range(1000, 2000);
		if (!find(cmm->mm, start, &c))
			return refuse(s, cmm, start, end, name,
				      "the ring of another process's AIO context, or of one that is destroyed: unmap it before the checkpoint");
		if (!sound(&c, file))
			return refuse(s, cmm, start, end, name,
				      "an AIO context (io_setup), which the kernel filesystem does not know on this kernel: use -t fuse.crfs");
		n = flying(&c);
	}
	if (n)
		snap_unsupported(s, -EAGAIN, snap_obj(s, "mms", cmm->id),
				 "mapping %llx-%llx of %s: an AIO context with %lld requests in flight: try again when they are done",
				 start, end, name, n);
	if (end - start != c.size || !read_mapped(cmm, start, &h, sizeof(h)) || h.magic != MAGIC || h.length != HEAD ||
	    h.tail != c.tail || h.tail >= c.nr || h.head >= c.nr)
		return refuse(s, cmm, start, end, name,
			      "the ring of an AIO context that its program has cut or written to: destroy it");
	return n ? 0 : keep(s, cmm, &c, &h);
}

static void write_events(const struct cmm *cmm, const struct crfs_mm_aio *r, struct text *out)
{
	u32 i = r->head, n = (r->tail + r->nr - r->head) % r->nr;
	struct io_event e;

	for (; n--; i = (i + 1) % r->nr)
		if (read_mapped(cmm, r->context + HEAD + i * sizeof(e), &e, sizeof(e)))
			text_rec(out, &crfs_aio_event_shape,
				 &(struct crfs_aio_event){ r->context, e.data, e.obj, e.res, e.res2 });
}

static int aio_read(struct snap *s, void *obj, struct text *out)
{
	struct cmm *cmm = obj;
	struct mm_struct *mm = cmm_get(cmm);
	const struct caio *c;
	struct rows *rows;
	int rc;

	if (!mm)
		return -ESTALE;
	rc = any_context(mm) ? rows_read(s, cmm, &rows) : 1;
	mmput(mm);
	if (rc)
		return min(rc, 0);
	text_section(out, &crfs_mm_aio_shape);
	for (c = cmm->aio; c; c = c->next)
		text_rec(out, &crfs_mm_aio_shape, &c->r);
	text_section(out, &crfs_aio_event_shape);
	for (c = cmm->aio; c; c = c->next)
		write_events(cmm, &c->r, out);
	return 0;
}

const struct room res_mm_aio = {
	.name = "aio",
	.scope = PER_MM,
	.read = aio_read,
};
