// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Segments of a thread's own in the global descriptor table, set_thread_area(2), which 32-bit code has its
 * thread-local storage in. Read and set by ptrace(2), which does that for a 64-bit task where the kernel runs
 * 32-bit code. Set before the registers, whose selectors may be of these.
 */
#include <errno.h>
#include <sys/ptrace.h>

#include "ask.h"
#include "rooms.h"
#include "segments.h"

#ifndef PTRACE_SET_THREAD_AREA
#define PTRACE_SET_THREAD_AREA 26
#endif
#define TLS_FIRST 12		/* GDT_ENTRY_TLS_MIN, arch/x86/include/asm/segment.h */
#define TLS_LAST 14
#define LIMIT_MAX 0xfffff

struct asked {
	struct user_desc d[TLS_LAST - TLS_FIRST + 1];
	bool any;
};

static const char key;

struct user_desc segment_user(const struct crfs_segment *c)
{
	return (struct user_desc){
		.entry_number = c->entry, .base_addr = c->base, .limit = c->limit, .contents = c->contents,
		.seg_32bit = !!(c->flags & CRFS_SEG_32BIT), .useable = !!(c->flags & CRFS_SEG_USEABLE),
		.read_exec_only = !!(c->flags & CRFS_SEG_READ_EXEC_ONLY),
		.limit_in_pages = !!(c->flags & CRFS_SEG_IN_PAGES),
		.seg_not_present = !!(c->flags & CRFS_SEG_NOT_PRESENT),
	};
}

struct crfs_segment segment_of(const struct user_desc *d)
{
	return (struct crfs_segment){
		.entry = d->entry_number, .base = d->base_addr, .limit = d->limit, .contents = d->contents,
		.flags = (d->seg_32bit ? CRFS_SEG_32BIT : 0) | (d->useable ? CRFS_SEG_USEABLE : 0) |
			 (d->read_exec_only ? CRFS_SEG_READ_EXEC_ONLY : 0) |
			 (d->limit_in_pages ? CRFS_SEG_IN_PAGES : 0) |
			 (d->seg_not_present ? CRFS_SEG_NOT_PRESENT : 0),
	};
}

void segments_check(struct image *im, struct iobj *o, const char *file, const struct crfs_segment *c, size_t n,
		    unsigned int first, unsigned int last)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c[i].entry < first || c[i].entry > last || (i && c[i].entry <= c[i - 1].entry) ||
		    c[i].limit > LIMIT_MAX || c[i].contents > 3)
			image_mismatch(im, -EINVAL, o->path, "%s: entry %u stands twice or late, or is none", file,
				       c[i].entry);
}

static void segments_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked a = { .any = false }, *p;
	long i;

	(void)tape;
	for (i = TLS_FIRST; i <= TLS_LAST; i++) {
		struct user_desc *d = &a.d[i - TLS_FIRST];

		if (ptrace(PTRACE_GET_THREAD_AREA, t->tid, (void *)i, d))
			d->seg_not_present = 1;
		a.any |= !d->seg_not_present;
	}
	p = a.any ? pool_alloc(&s->scratch, sizeof(*p)) : NULL;
	if (a.any && !p)
		snap_unsupported(s, -ENOMEM, task_name(s, t), "its segments");
	if (p) {
		*p = a;
		snap_note(s, t, &key, p);
	}
}

static int segments_read(struct snap *s, void *obj, struct text *out)
{
	const struct asked *a = snap_noted(obj, &key);
	struct crfs_segment c;
	int i;

	(void)s;
	if (!a)
		return 0;
	text_section(out, &crfs_segment_shape);
	for (i = 0; i <= TLS_LAST - TLS_FIRST; i++) {
		if (a->d[i].seg_not_present)
			continue;
		c = segment_of(&a->d[i]);
		text_rec(out, &crfs_segment_shape, &c);
	}
	return text_failed(out) ? -ENOMEM : 0;
}

static void check(struct image *im, struct iobj *o)
{
	size_t n;
	const struct crfs_segment *c = image_recs(o, &res_task_segments, 0, &n);

	segments_check(im, o, "segments", c, n, TLS_FIRST, TLS_LAST);
}

int segments_put(struct rtask *rt)
{
	size_t i, n;
	const struct crfs_segment *c = image_recs(rt->o, &res_task_segments, 0, &n);
	struct user_desc d;

	for (i = 0; i < n; i++) {
		d = segment_user(&c[i]);
		if (ptrace(PTRACE_SET_THREAD_AREA, rt->pid, (void *)(long)c[i].entry, &d))
			return -errno;
	}
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_segment_shape, NULL };

const struct resource res_task_segments = {
	.name = "segments",
	.scope = PER_THREAD,
	.shapes = shapes,
	.optional = true,
	.ask = segments_ask,
	.read = segments_read,
	.check = check,
};
