// SPDX-License-Identifier: GPL-2.0-or-later
/* A tape: collecting system calls, and finding the one that failed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tape.h"

#define DATA_ALIGN 16

/* player.S has these as numbers */
_Static_assert(sizeof(struct tape_op) == 88, "player.S: SIZE");
_Static_assert(offsetof(struct tape_op, args) == 8, "player.S: ARG");
_Static_assert(offsetof(struct tape_op, ret) == 56, "player.S: RET");
_Static_assert(offsetof(struct tape_op, want) == 64, "player.S: WANT");
_Static_assert(offsetof(struct tape_op, expect) == 72, "player.S: EXPECT");
_Static_assert(offsetof(struct tape_op, child) == 80, "player.S: CHILD");
_Static_assert(WANT_OK == 1 && WANT_EXACT == 2 && WANT_CHILD == 3 && WANT_AGAIN == 4 &&
	       WANT_LAST == 5 && WANT_LEAVE == 6 && WANT_SKIP == 7, "player.S: WANT_*");
_Static_assert(offsetof(struct tape_leave, rbx) == 40 && offsetof(struct tape_leave, rax) == 80 &&
	       offsetof(struct tape_leave, rdi) == 112 && offsetof(struct tape_leave, rip) == 120 &&
	       offsetof(struct tape_leave, rsp) == 144, "player.S: L_*");

void tape_init(struct tape *t, uint64_t base, void *mem, size_t size)
{
	*t = (struct tape){ .base = base, .mem = mem, .size = size,
			    .data = size & ~(size_t)(DATA_ALIGN - 1) };
}

size_t tape_kept(const struct tape *t, size_t more)
{
	size_t ops = t->nr_ops * sizeof(struct tape_op), used = ops + t->size - t->data;

	return more < t->data - t->gap - ops ? used + more : t->size - t->gap;
}

void tape_keep(struct tape *t, size_t more, void *mem)
{
	size_t size = tape_kept(t, more), data = t->size - t->data;

	memcpy(mem, t->mem, t->nr_ops * sizeof(struct tape_op));
	memcpy((uint8_t *)mem + size - data, tape_lowest(t), data);
	t->mem = mem;
	t->gap = t->size - size;
}

void tape_reset(struct tape *t)
{
	t->nr_ops = 0;
	t->data = t->size & ~(size_t)(DATA_ALIGN - 1);
	t->full = false;
}

void tape_free(struct tape *t)
{
	free(t->what);
	*t = (struct tape){ .mem = NULL };
}

static bool note_what(struct tape *t, const char *what)
{
	unsigned int nr = t->nr_what ? 2 * t->nr_what : 64;
	const char **p;

	if (t->nr_ops == t->nr_what) {
		p = realloc(t->what, nr * sizeof(*p));
		if (!p)
			return false;
		t->what = p;
		t->nr_what = nr;
	}
	t->what[t->nr_ops] = what;
	return true;
}

struct tape_op *tape_at(const struct tape *t, unsigned int i)
{
	return (struct tape_op *)t->mem + i;
}

/* Whoever adds to a full tape writes here, and nobody reads it. */
static struct tape_op *nowhere(struct tape *t)
{
	t->full = true;
	return &t->spare;
}

struct tape_op *tape_op(struct tape *t, const char *what, long nr, uint64_t a, uint64_t b,
			uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	struct tape_op *op;

	if (t->full || (t->nr_ops + 1) * sizeof(*op) > t->data - t->gap || !note_what(t, what))
		op = nowhere(t);
	else
		op = tape_at(t, t->nr_ops++);
	*op = (struct tape_op){ .nr = nr, .args = { a, b, c, d, e, f }, .want = WANT_OK };
	return op;
}

uint64_t tape_op_addr(const struct tape *t, const struct tape_op *op)
{
	return t->base + ((const uint8_t *)op - t->mem);
}

uint64_t tape_data(struct tape *t, const void *from, size_t size)
{
	size_t ops = t->nr_ops * sizeof(struct tape_op);
	size_t need = (size + DATA_ALIGN - 1) & ~(size_t)(DATA_ALIGN - 1);

	if (t->full || need < size || t->data - t->gap - ops < need) {
		t->full = true;
		return 0;
	}
	t->data -= need;
	if (from)
		memcpy(tape_lowest(t), from, size);
	else
		memset(tape_lowest(t), 0, size);
	return t->base + t->data;
}

uint64_t tape_string(struct tape *t, const char *s)
{
	return tape_data(t, s, strlen(s) + 1);
}

void *tape_local(const struct tape *t, uint64_t addr)
{
	if (addr < t->base || addr - t->base >= t->size)
		return NULL;
	addr -= t->base;
	return t->mem + (addr < t->data ? addr : addr - t->gap);
}

void *tape_lowest(const struct tape *t)
{
	return t->mem + t->data - t->gap;
}

void tape_unless(struct tape_op *op, uint64_t value, unsigned int n)
{
	op->want = WANT_SKIP;
	op->expect = value;
	op->child = n * sizeof(*op);
}

static bool bad(const struct tape_op *op)
{
	switch (op->want) {
	case WANT_OK:
	case WANT_CHILD:
		return op->ret < 0 && op->ret >= -4095;
	case WANT_EXACT:
		return op->ret != (int64_t)op->expect;
	}
	return false;
}

int tape_failed(const struct tape *t)
{
	const struct tape_op *op;
	unsigned int i;

	for (i = 0; i < t->nr_ops; i++) {
		op = tape_at(t, i);
		if (bad(op))
			return i;
		if (op->want == WANT_SKIP && op->ret == (int64_t)op->expect)
			i += op->child / sizeof(*op);
	}
	return -1;
}
