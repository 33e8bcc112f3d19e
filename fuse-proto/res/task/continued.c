// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * That a process was continued, and its parent has not waited for that (WCONTINUED).
 *
 * waitid(2) with WNOWAIT tells the parent, and leaves it so: first whether any child was, which is one call for
 * each process, and of those that have such a child then each child by itself.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "ask.h"
#include "continued.h"
#include "stop.h"
#include "status.h"

#define WAIT_FLAGS (WCONTINUED | WNOHANG | WNOWAIT | __WALL)
#define TAPE 16384
#define AT_ONCE 64

/** struct any - the answer to whether a child was continued: an op of @t's tape */
struct any {
	unsigned int op;
	uint64_t info;
};

static const char any_key, this_key;

static uint64_t add(struct tape *tape, int which, pid_t pid)
{
	uint64_t info = tape_data(tape, NULL, 128);

	tape_call(tape, "waitid", SYS_waitid, which, pid, info, WAIT_FLAGS, 0);
	return info;
}

static bool says_so(const struct tape *tape, unsigned int op, uint64_t info)
{
	const siginfo_t *si = tape_local(tape, info);

	return !tape_at(tape, op)->ret && si->si_signo == SIGCHLD && si->si_code == CLD_CONTINUED;
}

void continued_ask(struct snap *s, struct task *t, struct tape *tape)
{
	struct any *any = t->leader == t ? pool_alloc(&s->scratch, sizeof(*any)) : NULL;

	if (!any)
		return;
	any->op = tape->nr_ops;
	any->info = add(tape, P_ALL, 0);
	snap_note(s, t, &any_key, any);
}

static int ask_some(struct snap *s, struct task *parent, struct task **child, unsigned int n)
{
	uint8_t *mem = calloc(1, TAPE);
	uint64_t info[AT_ONCE];
	struct tape tape;
	unsigned int i;
	int rc;

	if (!mem)
		return fail(s->err, -ENOMEM, "a tape");
	tape_init(&tape, parent->mm->place->data, mem, TAPE);
	for (i = 0; i < n; i++)
		info[i] = add(&tape, P_PID, status_pid_seen_by(child[i], parent));
	rc = ask_again(s, parent, &tape);
	for (i = 0; i < n && !rc; i++)
		if (says_so(&tape, i, info[i]))
			snap_note(s, child[i], &this_key, child[i]);
	tape_free(&tape);
	free(mem);
	return rc;
}

static int ask_children(struct snap *s, struct task *parent)
{
	struct task *child[AT_ONCE];
	unsigned int n = 0;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_tasks && !rc; i++) {
		struct task *c = &s->tasks[i];

		if (c->leader != c || c->parent != parent || c->zombie || c->stopped)
			continue;
		child[n++] = c;
		if (n == AT_ONCE) {
			rc = ask_some(s, parent, child, n);
			n = 0;
		}
	}
	return rc || !n ? rc : ask_some(s, parent, child, n);
}

int continued_inquire(struct snap *s)
{
	const struct any *any;
	size_t i;
	int rc = 0;

	for (i = 0; i < s->nr_tasks && !rc; i++) {
		struct task *t = &s->tasks[i];

		any = snap_noted(t, &any_key);
		if (any && t->tape && t->mm && t->mm->place && says_so(t->tape, any->op, any->info))
			rc = ask_children(s, t);
	}
	return rc;
}

bool continued(const struct task *t)
{
	return snap_noted(t, &this_key);
}
