// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Contexts of asynchronous I/O, io_setup(2): what is done and was not fetched, in rings that the kernel maps.
 *
 * The ring is read where it is mapped. How many requests are not done is told in the kernel's memory only
 * (kmem_aio.c); those are waited for a while: a disk answers, what waits for other things (IOCB_CMD_POLL) is refused.
 * Put back by the process itself: io_setup(2), then the ring is moved to where it was (mremap(2), by which the context
 * gets its name), and as many requests are made of no bytes as bring head and tail to where they were; the events of the
 * last of them are written over. Lost: what stands in the ring where nothing is to be fetched.
 */
#include <errno.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <crfs/res/mm/aio.h>

#include "aio.h"
#include "build.h"
#include "cpus.h"
#include "kmem_aio.h"
#include "memory.h"
#include "rooms.h"

#define MAGIC 0xa10a10a1
#define HEAD 32			/* struct aio_ring, fs/aio.c, without its events */
#define PATIENCE_MS 500
#define AT_ONCE 1024

/** struct ring_head - what of it is mapped, before the events */
struct ring_head {
	uint32_t id, nr, head, tail, magic, compat, incompat, length;
};

/** struct rings - of an mm; @rc: why nothing is known of them */
struct rings {
	int rc;
	struct kaio *v;
	size_t n;
};

static const char key;

bool aio_named(const struct vma *v)
{
	return v->ino && !strncmp(v->name, "/[aio]", 6);
}

static bool any_flying(const struct rings *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].flying)
			return true;
	return false;
}

static void look(struct snap *s, const struct mm *mm, struct rings *r)
{
	struct kmem *k = snap_kmem(s, &r->rc);
	struct kaio *all;
	int ms;

	for (ms = 0; k && ms < PATIENCE_MS; ms++) {
		r->rc = kmem_aio(k, s->proc, mm->task->tid, &all, &r->n);
		if (r->rc)
			return;
		r->v = pool_alloc(&s->scratch, (r->n + 1) * sizeof(*r->v));
		if (r->v && r->n)
			memcpy(r->v, all, r->n * sizeof(*all));
		free(all);
		r->rc = r->v ? 0 : -ENOMEM;
		if (s->live || r->rc || !any_flying(r))
			return;
		usleep(1000);
	}
}

static const struct rings *rings(struct snap *s, const struct mm *mm)
{
	struct rings *r = snap_noted(mm->task, &key);

	if (r)
		return r;
	r = pool_alloc(&s->scratch, sizeof(*r));
	if (!r)
		return NULL;
	*r = (struct rings){ .rc = 0 };
	look(s, mm, r);
	snap_note(s, mm->task, &key, r);
	return r;
}

/* Now, since a request that is done may tell an eventfd, and write to memory: nothing of these has been looked at yet. */
static int aio_inquire(struct snap *s)
{
	size_t i, k;
	int rc = 0;

	for (i = 0; i < s->nr_mms && !rc; i++) {
		struct mm *mm = s->mms[i];

		rc = mm->task->tape ? mm_vmas(s, mm) : 0;
		for (k = 0; k < mm->nr_vmas && !rc; k++)
			if (aio_named(&mm->vmas[k]))
				break;
		if (!rc && k < mm->nr_vmas && !rings(s, mm))
			rc = -ENOMEM;
	}
	return rc ? fail(s->err, rc, "looking for AIO contexts") : 0;
}

static const struct kaio *ring_at(const struct rings *r, uint64_t at)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].addr == at)
			return &r->v[i];
	return NULL;
}

static bool refuse(struct snap *s, const struct mm *mm, const struct vma *v, const char *why)
{
	snap_unsupported(s, -EOPNOTSUPP, snap_obj(s, "mms", mm->id), "mapping %lx-%lx of %s: %s",
			 (long)v->start, (long)v->end, v->name, why);
	return false;
}

static uint64_t pages_of(uint64_t events)
{
	return (HEAD + events * sizeof(struct io_event) + PAGE - 1) / PAGE;
}

static uint32_t waiting(uint32_t nr, uint32_t head, uint32_t tail)
{
	return (tail + nr - head) % nr;
}

bool aio_ring(struct snap *s, struct mm *mm, const struct vma *v)
{
	const struct rings *r = rings(s, mm);
	const struct kaio *c = r && !r->rc ? ring_at(r, v->start) : NULL;
	struct ring_head h;

	if (!r || r->rc)
		return refuse(s, mm, v, "an AIO context (io_setup), and only the kernel's memory tells whether requests are "
			      "in flight: mount with CAP_BPF and CAP_PERFMON (Linux 5.19)");
	if (!c)
		return refuse(s, mm, v, "the ring of another process's AIO context, or of one that is destroyed: unmap it "
			      "before the checkpoint");
	if (c->flying)
		snap_unsupported(s, -EAGAIN, snap_obj(s, "mms", mm->id), "mapping %lx-%lx of %s: an AIO context with %lld "
				 "requests in flight: try again when they are done", (long)v->start, (long)v->end, v->name,
				 (long long)c->flying);
	if (v->end - v->start != pages_of(c->nr) * PAGE || !task_peek(mm->task->tid, v->start, &h, sizeof(h)) ||
	    h.magic != MAGIC || h.length != HEAD || h.tail != c->tail || h.tail >= c->nr || h.head >= c->nr)
		return refuse(s, mm, v, "the ring of an AIO context that its program has cut or written to: destroy it");
	return !c->flying;
}

static void write_events(const struct mm *mm, const struct kaio *c, uint32_t head, struct text *out)
{
	uint32_t i = head, n = waiting(c->nr, head, c->tail);
	struct io_event e;

	for (; n--; i = (i + 1) % c->nr) {
		struct crfs_aio_event r = { .context = c->addr };

		if (!task_peek(mm->task->tid, c->addr + HEAD + i * sizeof(e), &e, sizeof(e)))
			continue;
		r.data = e.data;
		r.obj = e.obj;
		r.res = e.res;
		r.res2 = e.res2;
		text_rec(out, &crfs_aio_event_shape, &r);
	}
}

/* Those that mm/maps shows as such, so in order */
static int aio_read(struct snap *s, void *obj, struct text *out)
{
	struct mm *mm = obj;
	const struct rings *r = snap_noted(mm->task, &key);
	struct rows rows;
	struct ring_head h;
	size_t i;
	int pass, rc = r && !r->rc && r->n ? rows_read(s, mm, &rows) : 1;

	if (rc)
		return rc < 0 ? rc : 0;
	for (pass = 0; pass < 2; pass++) {
		text_section(out, pass ? &crfs_aio_event_shape : &crfs_mm_aio_shape);
		for (i = 0; i < rows.nr; i++) {
			const struct kaio *c = rows.row[i].kind == CRFS_VMA_AIO ? ring_at(r, rows.row[i].start) : NULL;

			if (!c || !task_peek(mm->task->tid, c->addr, &h, sizeof(h)))
				continue;
			if (pass)
				write_events(mm, c, h.head, out);
			else
				text_rec(out, &crfs_mm_aio_shape, &(struct crfs_mm_aio){
					.context = c->addr, .requests = c->requests, .nr = c->nr,
					.head = h.head, .tail = c->tail });
		}
	}
	return text_failed(out) ? -ENOMEM : 0;
}

/* How many pages the ring gets if it is asked for so many requests: ioctx_alloc() and aio_setup_ring(). */
static uint64_t pages_for(uint64_t requests, uint64_t cpus)
{
	return pages_of(2 * (requests > 4 * cpus ? requests : 4 * cpus) + 2);
}

/* What io_setup(2) is to be asked for; 0: no such ring can be had here */
static uint32_t ask_for(const struct crfs_mm_aio *c)
{
	uint64_t cpus = cpus_possible(), want = pages_of(c->nr), n = c->requests;

	/* of the last event that does not fit into one page less */
	if (pages_for(n, cpus) < want)
		n = ((want - 1) * PAGE - HEAD) / sizeof(struct io_event) / 2;
	while (pages_for(n, cpus) < want)
		n++;
	return pages_for(n, cpus) == want ? n : 0;
}

static const struct crfs_vma *row_of(const struct iobj *o, uint64_t at)
{
	size_t n, i;
	const struct crfs_vma *r = image_recs(o, &res_mm_maps, 0, &n);

	for (i = 0; i < n; i++)
		if (r[i].start == at)
			return r[i].kind == CRFS_VMA_AIO ? &r[i] : NULL;
	return NULL;
}

static size_t nr_rows(const struct iobj *o)
{
	size_t n, i, found = 0;
	const struct crfs_vma *r = image_recs(o, &res_mm_maps, 0, &n);

	for (i = 0; i < n; i++)
		found += r[i].kind == CRFS_VMA_AIO;
	return found;
}

static bool sound(const struct iobj *o, const struct crfs_mm_aio *c)
{
	const struct crfs_vma *row = row_of(o, c->context);

	return row && c->nr && c->requests && row->end - row->start == pages_of(c->nr) * PAGE &&
	       c->nr == ((row->end - row->start) - HEAD) / sizeof(struct io_event) && c->head < c->nr && c->tail < c->nr;
}

static void aio_check(struct image *im, struct iobj *o)
{
	size_t n = 0, k = 0, i, at = 0, e;
	const struct crfs_mm_aio *c = image_recs(o, &res_mm_aio, 0, &n);
	const struct crfs_aio_event *ev = image_recs(o, &res_mm_aio, 1, &k);

	if (n != nr_rows(o))
		image_mismatch(im, -EINVAL, o->path, "aio: %zu contexts, and %zu such mappings", n, nr_rows(o));
	for (i = 0; i < n; i++) {
		if (!sound(o, &c[i]) || (i && c[i].context <= c[i - 1].context)) {
			image_mismatch(im, -EINVAL, o->path, "aio: row %zu: no such context", i + 1);
			return;
		}
		for (e = waiting(c[i].nr, c[i].head, c[i].tail); e && at < k && ev[at].context == c[i].context; e--)
			at++;
		if (e)
			image_mismatch(im, -EINVAL, o->path, "aio: row %zu: %zu events are missing", i + 1, e);
		else if (!ask_for(&c[i]))
			image_mismatch(im, -EOPNOTSUPP, o->path, "aio: a ring of %u events, and none is so small with as many "
				       "CPUs as this machine may have", c[i].nr);
	}
	if (at < k)
		image_mismatch(im, -EINVAL, o->path, "aio: event %zu is of none of the contexts", at + 1);
}

/* Into the memfd that all tasks inherit, which is also what nothing is read of. */
static int aio_make(struct restore *rs, struct iobj *o)
{
	size_t n = 0, k = 0, i;
	const struct crfs_mm_aio *c = image_recs(o, &res_mm_aio, 0, &n);
	const struct crfs_aio_event *ev = image_recs(o, &res_mm_aio, 1, &k);
	struct mmdata *d = n ? mm_data(rs->im, o) : NULL;
	struct io_event *all;
	int rc;

	if (!c || !n)
		return 0;
	all = calloc(k + 1, sizeof(*all));
	if (!d || !all) {
		free(all);
		return fail(rs->err, -ENOMEM, "%s", o->path);
	}
	for (i = 0; i < k; i++)
		all[i] = (struct io_event){ .data = ev[i].data, .obj = ev[i].obj, .res = ev[i].res, .res2 = ev[i].res2 };
	rc = mm_copy(rs, d, all, (k + 1) * sizeof(*all), &d->events);
	free(all);
	return rc;
}

/** struct rubbish - requests of no bytes: @list: addresses of one, AT_ONCE times; @events: room for what they say */
struct rubbish {
	uint64_t list, events;
};

static struct rubbish rubbish(const struct mmdata *d, struct tape *t)
{
	struct iocb cb = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = d->copy };
	struct rubbish r = { .list = tape_data(t, NULL, AT_ONCE * sizeof(uint64_t)),
			     .events = tape_data(t, NULL, AT_ONCE * sizeof(struct io_event)) };
	uint64_t one = tape_data(t, &cb, sizeof(cb)), *list = t->full ? NULL : tape_local(t, r.list);
	int i;

	for (i = 0; list && i < AT_ONCE; i++)
		list[i] = one;
	return r;
}

static void exactly(struct tape_op *op, int64_t ret)
{
	op->want = WANT_EXACT;
	op->expect = ret;
}

/* @n requests, whose events are fetched or not */
static void spend(const struct crfs_mm_aio *c, const struct rubbish *r, uint32_t n, bool fetch, struct tape *t)
{
	uint32_t most = c->nr / 2 < AT_ONCE ? c->nr / 2 : AT_ONCE, some;

	for (; n; n -= some) {
		some = n < most ? n : most;
		exactly(tape_call(t, "io_submit", SYS_io_submit, c->context, some, r->list), some);
		if (fetch)
			exactly(tape_call(t, "io_getevents", SYS_io_getevents, c->context, some, some, r->events), some);
	}
}

/* io_setup(2) writes the address where the next call has its first argument. */
static void set_up(const struct crfs_mm_aio *c, const struct crfs_vma *row, struct tape *t)
{
	struct tape_op *make = tape_call(t, "io_setup", SYS_io_setup, ask_for(c), 0), *move;
	uint64_t size = row->end - row->start;

	move = tape_call(t, "moving an AIO ring", SYS_mremap, 0, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, row->start);
	exactly(move, row->start);
	make->args[1] = tape_op_addr(t, move) + offsetof(struct tape_op, args);
}

/* @n events at @off of the memfd, into the ring from @at */
static void read_in(const struct mmdata *d, const struct crfs_mm_aio *c, uint32_t at, uint32_t n, off_t off, struct tape *t)
{
	uint64_t bytes = n * sizeof(struct io_event);

	if (n)
		exactly(tape_call(t, "events of an AIO context", SYS_pread64, d->copy,
				  c->context + HEAD + at * sizeof(struct io_event), bytes, off), bytes);
}

static void put_context(const struct mmdata *d, const struct crfs_mm_aio *c, const struct rubbish *r, off_t off,
			struct tape *t)
{
	uint32_t n = waiting(c->nr, c->head, c->tail), first = c->nr - c->head < n ? c->nr - c->head : n;

	spend(c, r, c->head, true, t);
	spend(c, r, n, false, t);
	read_in(d, c, c->head, first, off, t);
	read_in(d, c, 0, n - first, off + first * sizeof(struct io_event), t);
}

static int aio_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	size_t n = 0, i;
	const struct crfs_mm_aio *c = image_recs(o, &res_mm_aio, 0, &n);
	struct mmdata *d = c && n ? mm_data(rs->im, o) : NULL;
	struct rubbish r;
	off_t off;

	(void)rt;
	if (!d)
		return 0;
	r = rubbish(d, t);
	off = d->events;
	for (i = 0; i < n; i++) {
		const struct crfs_vma *row = row_of(o, c[i].context);

		set_up(&c[i], row, t);
		put_context(d, &c[i], &r, off, t);
		off += waiting(c[i].nr, c[i].head, c[i].tail) * sizeof(struct io_event);
		build_ring(o, row, t);
	}
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_mm_aio_shape, &crfs_aio_event_shape, NULL };

const struct resource res_mm_aio = {
	.name = "aio",
	.scope = PER_MM,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_MM,
	.inquire = aio_inquire,
	.read = aio_read,
	.check = aio_check,
	.make = aio_make,
	.put = aio_put,
};
