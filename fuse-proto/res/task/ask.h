/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the task rooms share: questions to a task and their answers; calls that put things back. */
#ifndef CRFS_TASK_ASK_H
#define CRFS_TASK_ASK_H

#include "resource.h"

static inline unsigned int ask_(const struct tape *tape, struct tape_op *op)
{
	op->want = WANT_ANY;
	return tape->nr_ops - 1;
}

/** ask() - add a question to the tape; whether it fails is found out by who reads ask_ret() */
#define ask(tape, nr, ...) ask_(tape, tape_call(tape, #nr, nr, ##__VA_ARGS__))

/** ask_ret() - what op @i of @t's tape returned */
static inline int64_t ask_ret(const struct task *t, unsigned int i)
{
	return ((const struct tape_op *)t->tape->mem)[i].ret;
}

/** ask_int() - the int at @addr of @t's tape, or @def if op @i failed */
static inline int ask_int(const struct task *t, unsigned int i, uint64_t addr, int def)
{
	return ask_ret(t, i) ? def : *(int *)tape_local(t->tape, addr);
}

/** ask_u64() - the same for 64 bits */
static inline uint64_t ask_u64(const struct task *t, unsigned int i, uint64_t addr, uint64_t def)
{
	return ask_ret(t, i) ? def : *(uint64_t *)tape_local(t->tape, addr);
}

/** task_name() - "tasks/42" for messages */
static inline const char *task_name(struct snap *s, const struct task *t)
{
	return snap_obj(s, "tasks", t->vtid);
}

/** ask_confined() - has it a label of AppArmor, SELinux or Smack that is not the plain one? That may forbid what a tape does */
bool ask_confined(const struct snap *s, const struct task *t);

#endif
