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

/** vfork_waits() - is @t, which does not stop, in a call in which it may wait for its child? */
bool vfork_waits(struct snap *s, const struct task *t);

/**
 * vfork_finish() - let the children of @n parents that wait in vfork(2) run until their execve(2)
 *
 * All others must be stopped, and the cgroup frozen; so they are after it.
 *
 * Return: 1 if a parent has stopped now, and what is known of its child is old; 0 if none has
 */
int vfork_finish(struct snap *s, struct task **parents, size_t n);

#define PLACE_SLOTS 8

/**
 * struct place - memory of a stopped address space that is lent for tapes and given back as it was
 * @code: where the player goes: the padding behind the vdso, or of another executable mapping
 * @data: where tapes and signal frames go: the unused end of the main thread's stack
 * @step, @slots: room for that many small tapes, each with its frame, so many bytes apart; they are
 *	given out in turn, @next
 * @used: bytes at @data that some tape wants
 * @players: tapes that have not been played yet
 * @lent: @used bytes of it and the code are @saved and @saved_code; @mem: its /proc/<pid>/mem
 */
struct place {
	uint64_t code, data;
	size_t step, slots, next, used, players;
	uint8_t *saved;
	uint8_t *saved_code;
	int mem;
	bool lent;
};

/**
 * ask_place() - find it (place.c)
 * @large: bytes of the largest tape; @small: of those that several threads play at a time
 * Return: 0, -EFAULT if there is none, -EAGAIN if a task is still in the tape of a crfs that was
 * killed, or another -errno
 */
int ask_place(struct snap *s, struct mm *mm, size_t large, size_t small, struct place **p);

/** ask_forget() - make what a killed crfs's player left at the end of @image padding again */
void ask_forget(uint8_t *image, size_t size);

/**
 * ask_signal() - a signal that does nothing to a task that is not traced, and is not on its way to it
 * Return: it, or -EAGAIN if there is none
 */
int ask_signal(const struct task *t);

/** ask_own_pid() - what @t calls itself, in its own pid namespace */
pid_t ask_own_pid(const struct task *t);

#define ASK_END 1024	/* bytes for what is added to every tape when it is about to be played */

/** ask_frame_size() - bytes a signal frame needs behind a tape on this machine */
size_t ask_frame_size(void);

/**
 * ask_frame_make() - with @t's own registers (ask_frame.c)
 * @at: where it will be in the task; becomes the stack pointer of rt_sigreturn(2)
 * @buf, @size: its bytes, ask_frame_size() of them
 * Return: 0 or a negative errno
 */
int ask_frame_make(struct task *t, uint64_t at, uint8_t *buf, size_t size);

/**
 * ask_restarted() - what the kernel would do with an interrupted call (arch_do_signal_or_restart()), for a task whose
 * tracer has died: in the ordinary case its raw registers come back and the kernel does it itself
 */
void ask_restarted(struct user_regs_struct *r);

/** ask_tasks() - let every task with a tape play it; the cgroup is thawed (ask.c) */
int ask_tasks(struct snap *s);

/**
 * ask_again() - let a task that has played play another tape, of at most TAPE_LARGE bytes
 * Only while the tasks still stand: from ->inquire. @t->mm->place must be there, and be its base.
 */
int ask_again(struct snap *s, struct task *t, struct tape *tape);

#endif
