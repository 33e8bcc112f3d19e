/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stopping the tasks of a frozen cgroup, asking them, and letting go without a trace. */
#ifndef CRFS_STOP_H
#define CRFS_STOP_H

#include "snap.h"

/**
 * stop_all() - seize and stop every task of the snapshot; fills task->regs and ->sigmask
 * Must be called, like the two below, by one thread, which exits after: what it still traces then
 * is released by the kernel. Tasks that cannot be stopped are named in `unsupported`.
 */
int stop_all(struct snap *s);

/**
 * stop_ask() - collect every room's questions, and have each task answer its own
 *
 * The cgroup is thawed for that while all its tasks stand in ptrace stops, and frozen again before
 * any of them is let go; if we die meanwhile, a guard freezes it and the tasks finish by themselves:
 * see ask.c.
 */
int stop_ask(struct snap *s);

/** stop_release() - detach from every task */
void stop_release(struct snap *s);

/**
 * struct place - memory of a stopped address space that is lent for tapes and given back as it was
 * @code: where the player goes: the padding behind the vdso, or of another executable mapping
 * @data: where tape and signal frame go: the unused end of the main thread's stack
 * @size: bytes at @data
 */
struct place {
	uint64_t code, data;
	size_t size;
	uint8_t *saved;
	uint8_t *saved_code;
};

/** ask_place() - find it. Return: 0 or -errno, the reason in @e */
int ask_place(struct snap *s, struct mm *mm, size_t size, struct place **p);

/** ask_frame_size() - bytes a signal frame needs behind a tape on this machine */
size_t ask_frame_size(void);

/** ask_tasks() - let every task with a tape play it; the cgroup is thawed (ask.c) */
int ask_tasks(struct snap *s);

#endif
