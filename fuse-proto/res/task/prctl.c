// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a process has switched by prctl(2) that hardly any does, so that there is seldom such a file:
 * timer_create(2) takes the number that it is given (PR_TIMER_CREATE_RESTORE_IDS, 6.15; set by those who
 * make timers again, like crfs itself), and how many slots its own hash of private futexes has
 * (PR_FUTEX_HASH, 6.16).
 *
 * Asked of the process; what the kernel does not know it has not set. Lost: a number of slots that the
 * kernel could have chosen itself, which it does by the number of threads and of CPUs
 * (kernel/futex/core.c, futex_hash_allocate_default()): it chooses again.
 */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <crfs/res/task/prctl.h>

#include "ask.h"
#include "rooms.h"

#define TIMER_IDS_ON 1
#define TIMER_IDS_GET 2
#define FUTEX_SET_SLOTS 1
#define FUTEX_GET_SLOTS 2
#define SLOTS_MIN 16		/* that the kernel chooses */
#define SLOTS_MAX (1 << 30)

struct asked {
	unsigned int op_ids, op_slots;
};

static const char key;

static void prctl_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct asked *a = pool_alloc(&s->scratch, sizeof(*a));

	if (!a)
		return;
	a->op_ids = ask(tape, SYS_prctl, CRFS_PR_TIMER_IDS, TIMER_IDS_GET, 0, 0, 0);
	a->op_slots = ask(tape, SYS_prctl, CRFS_PR_FUTEX_HASH, FUTEX_GET_SLOTS, 0, 0, 0);
	snap_note(s, t, &key, a);
}

/* A power of two that it gets to with some number of threads. */
static bool kernels_choice(int64_t slots)
{
	int64_t most = SLOTS_MIN;

	while (most < 4 * get_nprocs())
		most *= 2;
	return slots >= SLOTS_MIN && slots <= most;
}

/* 0 is what a process has that never had threads, and one with threads only if it said so. */
static bool chose_slots(const struct task *t, int64_t slots)
{
	return slots > 0 ? !kernels_choice(slots) : !slots && snap_stat(t, 20) > 1;
}

static bool emit(struct text *out, uint32_t option, int64_t value)
{
	struct crfs_prctl c = { .option = option, .value = value };

	text_rec(out, &crfs_prctl_shape, &c);
	return true;
}

static int prctl_read(struct snap *s, void *obj, struct text *out)
{
	struct task *t = obj;
	const struct asked *a = snap_noted(t, &key);
	bool any = false;

	if (!a)
		return fail(s->err, -ENOMEM, "prctl");
	text_section(out, &crfs_prctl_shape);
	if (ask_ret(t, a->op_ids) > 0)
		any = emit(out, CRFS_PR_TIMER_IDS, 1);
	if (chose_slots(t, ask_ret(t, a->op_slots)))
		any = emit(out, CRFS_PR_FUTEX_HASH, ask_ret(t, a->op_slots));
	if (!any && !text_failed(out))
		text_free(out);
	return 0;
}

static bool known_here(uint32_t option)
{
	return prctl(option, option == CRFS_PR_TIMER_IDS ? TIMER_IDS_GET : FUTEX_GET_SLOTS, 0, 0, 0) >= 0;
}

static bool may_be(const struct crfs_prctl *c)
{
	if (c->option == CRFS_PR_TIMER_IDS)
		return c->value == 1;
	return c->option == CRFS_PR_FUTEX_HASH && c->value <= SLOTS_MAX && c->value != 1 &&
	       !(c->value & (c->value - 1));
}

static void prctl_check(struct image *im, struct iobj *o)
{
	size_t i, n;
	const struct crfs_prctl *c = image_recs(o, &res_task_prctl, 0, &n);

	for (i = 0; i < n; i++)
		if (!may_be(&c[i]) || (i && c[i].option <= c[i - 1].option))
			image_mismatch(im, -EINVAL, o->path, "prctl: option %u stands twice or late, or has no such value",
				       c[i].option);
		else if (!known_here(c[i].option))
			image_mismatch(im, -EOPNOTSUPP, o->path,
				       "prctl: option %u, which this kernel does not know: remove the row",
				       c[i].option);
}

static int prctl_put(struct restore *rs, struct rtask *rt, struct iobj *o, struct tape *t)
{
	size_t i, n;
	const struct crfs_prctl *c = image_recs(o, &res_task_prctl, 0, &n);

	(void)rs;
	(void)rt;
	for (i = 0; i < n; i++)
		if (c[i].option == CRFS_PR_TIMER_IDS)
			tape_call(t, "prctl(PR_TIMER_CREATE_RESTORE_IDS)", SYS_prctl, c[i].option, TIMER_IDS_ON);
		else
			tape_call(t, "prctl(PR_FUTEX_HASH)", SYS_prctl, c[i].option, FUTEX_SET_SLOTS, c[i].value);
	return 0;
}

static const struct crfs_shape *const shapes[] = { &crfs_prctl_shape, NULL };

const struct resource res_task_prctl = {
	.name = "prctl",
	.scope = PER_PROCESS,
	.shapes = shapes,
	.optional = true,
	.phase = PHASE_LAST,
	.ask = prctl_ask,
	.read = prctl_read,
	.check = prctl_check,
	.put = prctl_put,
};
