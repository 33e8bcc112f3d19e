// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A local descriptor table, modify_ldt(2), which Wine has for 32-bit and 16-bit code.
 *
 * A process says on its tape whether it has one. It gives all of it away at once, up to 64 KiB, for which a tape has
 * no room: so those that have one are asked again, with a mapping that is there for the time of the tape, out of which
 * the process copies a piece into it (process_vm_readv(2) of itself). An entry that is not used is all zeros.
 * Put back when the process has made its children, which inherit it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <crfs/res/mm/ldt.h>
#include <crfs/segments.h>

#include "mm.h"
#include "res/task/ask.h"
#include "res/task/segments.h"
#include "rooms.h"
#include "stop.h"

#define ENTRIES 8192		/* LDT_ENTRIES */
#define BYTES (ENTRIES * 8)
#define TAPE 16384
#define PIECE 8192
#define WRITE 0x11		/* func of modify_ldt(2): entries may be not present */

struct answers {
	unsigned int some;	/* op: are there any? */
	__u64 *table;	/* all of it, once it was asked for */
};

static const char key;

static void ldt_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct answers *a = pool_alloc(&s->scratch, sizeof(*a));

	if (!a)
		return;
	a->some = ask(tape, SYS_modify_ldt, 0, tape_data(tape, NULL, 8), 8);
	a->table = NULL;
	snap_note(s, t, &key, a);
}

/* Bytes @from on, into @table. Return: 0 or -errno */
static int ask_piece(struct snap *s, struct task *t, uint64_t room, size_t from, uint8_t *table)
{
	uint8_t *mem = calloc(1, TAPE);
	uint64_t data;
	struct iovec here, there;
	struct tape_op *mapped, *got, *read;
	struct tape tape;
	int rc;

	if (!mem)
		return -ENOMEM;
	tape_init(&tape, t->mm->place->data, mem, TAPE);
	data = tape_data(&tape, NULL, PIECE);
	here = (struct iovec){ (void *)data, PIECE };
	there = (struct iovec){ (void *)(room + from), PIECE };
	mapped = tape_call(&tape, "mmap", SYS_mmap, room, BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	got = tape_call(&tape, "modify_ldt", SYS_modify_ldt, 0, room, BYTES);
	read = tape_call(&tape, "process_vm_readv", SYS_process_vm_readv, ask_own_pid(t),
			 tape_data(&tape, &here, sizeof(here)), 1, tape_data(&tape, &there, sizeof(there)), 1, 0);
	tape_call(&tape, "munmap", SYS_munmap, room, BYTES);
	rc = ask_again(s, t, &tape);
	if (!rc)
		rc = mapped->ret < 0 ? mapped->ret : got->ret < 0 ? got->ret : read->ret == PIECE ? 0 : -EFAULT;
	if (!rc)
		memcpy(table + from, tape_local(&tape, data), PIECE);
	tape_free(&tape);
	free(mem);
	return rc;
}

/* Where nothing is mapped, and it is not the stack's to grow to. */
static uint64_t free_room(struct snap *s, struct mm *mm)
{
	uint64_t at = 0x10000;
	size_t i;

	if (mm_vmas(s, mm))
		return 0;
	for (i = 0; i < mm->nr_vmas && mm->vmas[i].start < at + 2 * BYTES; i++)
		if (mm->vmas[i].end > at)
			at = mm->vmas[i].end;
	return at;
}

static int inquire(struct snap *s)
{
	size_t i, from;
	int rc = 0;

	for (i = 0; i < s->nr_mms && !rc; i++) {
		struct mm *mm = s->mms[i];
		struct answers *a = mm->task->tape ? snap_noted(mm->task, &key) : NULL;
		uint64_t room;

		if (!a || ask_ret(mm->task, a->some) <= 0)
			continue;
		room = free_room(s, mm);
		a->table = room ? pool_alloc(&s->scratch, BYTES) : NULL;
		for (from = 0; from < BYTES && a->table && !rc; from += PIECE)
			rc = ask_piece(s, mm->task, room, from, (uint8_t *)a->table);
		if (rc || !a->table)
			snap_unsupported(s, rc ?: -ENOMEM, snap_obj(s, "mms", mm->id),
					 "its local descriptor table (modify_ldt) cannot be read");
		rc = rc == -ENOMEM || rc == -EPERM || rc == -ENOSYS || rc == -EFAULT ? 0 : rc;
	}
	return rc < 0 ? fail(s->err, rc, "asking for local descriptor tables") : 0;
}

static int ldt_read(struct snap *s, void *obj, struct text *out)
{
	const struct mm *mm = obj;
	const struct answers *a = snap_noted(mm->task, &key);

	(void)s;
	if (a && a->table)
		crfs_segments_text(out, &crfs_ldt_shape, a->table, ENTRIES, 0);
	return text_failed(out) ? -ENOMEM : 0;
}

static void ldt_check(struct image *im, struct iobj *o)
{
	size_t n;
	const struct crfs_segment *c = image_recs(o, &res_mm_ldt, 0, &n);

	segments_check(im, o, "ldt", c, n, 0, ENTRIES - 1);
}

static int ldt_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	size_t i, n;
	const struct crfs_segment *c = image_recs(o, &res_mm_ldt, 0, &n);
	struct user_desc d;

	(void)rs;
	(void)rt;
	for (i = 0; i < n; i++) {
		d = segment_user(&c[i]);
		tape_call(t, "modify_ldt", SYS_modify_ldt, WRITE, tape_data(t, &d, sizeof(d)), sizeof(d));
	}
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_ldt_shape, NULL };

const struct resource res_mm_ldt = {
	.name = "ldt",
	.scope = PER_MM,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_LAST,
	.ask = ldt_ask,
	.inquire = inquire,
	.read = ldt_read,
	.check = ldt_check,
	.put = ldt_put,
};
