// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Has a thread an io_uring that it knows by a number of its own (IORING_REGISTER_RING_FDS, 5.18), and perhaps
 * no descriptor (IORING_SETUP_REGISTERED_FD_ONLY, 6.5)? Nothing shows these, and they are refused.
 *
 * The thread is asked to enter one with nothing to do. EINVAL says that it has never had any (or that the kernel
 * has no such numbers), EBADF that it has none of that number.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "ask.h"
#include "rings.h"
#include "stop.h"

#define REGISTERED (1U << 4)	/* IORING_ENTER_REGISTERED_RING */
#define NUMBERS 16		/* IO_RINGFD_REG_MAX, include/linux/io_uring_types.h */
#define TAPE 4096

/** struct asked - @op: of the question for the first number; @has: it has one */
struct asked {
	unsigned int op;
	bool has;
};

static const char key;

void rings_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a = pool_alloc(&s->scratch, sizeof(*a));

	if (!a)
		return;
	a->op = ask(tape, SYS_io_uring_enter, 0, 0, 0, REGISTERED, 0, 0);
	snap_note(s, t, &key, a);
}

static bool is_one(int64_t ret)
{
	return ret >= 0 || ret == -EBADFD;
}

static int ask_others(struct snap *s, struct task *t, struct asked *a)
{
	uint8_t *mem = calloc(1, TAPE);
	struct tape tape;
	int i, rc;

	if (!mem)
		return -ENOMEM;
	tape_init(&tape, t->mm->place->data, mem, TAPE);
	for (i = 1; i < NUMBERS; i++)
		ask(&tape, SYS_io_uring_enter, i, 0, 0, REGISTERED, 0, 0);
	rc = ask_again(s, t, &tape);
	for (i = 1; i < NUMBERS && !rc; i++)
		a->has = a->has || is_one(tape_at(&tape, i - 1)->ret);
	tape_free(&tape);
	free(mem);
	return rc;
}

int rings_inquire(struct snap *s)
{
	struct asked *a;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_tasks && !rc; i++) {
		struct task *t = &s->tasks[i];

		a = t->tape ? snap_noted(t, &key) : NULL;
		if (!a)
			continue;
		a->has = is_one(ask_ret(t, a->op));
		if (ask_ret(t, a->op) == -EBADF)
			rc = ask_others(s, t, a);
	}
	return rc;
}

void rings_refuse(struct snap *s, struct task *t)
{
	const struct asked *a = snap_noted(t, &key);

	if (a && a->has)
		snap_unsupported(s, -EOPNOTSUPP, task_name(s, t),
				 "an io_uring that it has registered (IORING_REGISTER_RING_FDS), which cannot be carried: "
				 "run it without io_uring (sysctl kernel.io_uring_disabled=2)");
}
