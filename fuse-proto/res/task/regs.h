/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers: what regs.c (reading) and regs_put.c (putting back) share. */
#ifndef CRFS_TASK_REGS_H
#define CRFS_TASK_REGS_H

#include <sys/user.h>

#include "image.h"

struct crfs_regs;
struct snap;
struct task;

/** regs_of() - those of a thread; or NULL */
const struct crfs_regs *regs_of(const struct iobj *o);

/** regs_to_user() - as ptrace takes them */
void regs_to_user(const struct crfs_regs *c, struct user_regs_struct *r);

/** regs_check() - the registers are those of a 64-bit task, and xstate has this machine's layout */
void regs_check(struct image *im, struct iobj *o);

/**
 * regs_call() - which system call, of those that have restart blocks, a stopped task is in
 * Return: its number, or -1 if it is none, or the kernel has restarted it and it cannot be told
 */
long regs_call(pid_t pid, const struct crfs_regs *c);

/**
 * regs_calm() - make a call that returned -EINTR for nothing but the freeze one that is restarted
 *
 * Some waits say -EINTR whatever interrupted them, so also when they were frozen (signal(7)). Where
 * one has had no effect yet it can be made again: with -ERESTARTNOHAND the kernel does so, unless a
 * handler runs, for which it makes -EINTR of it.
 */
void regs_calm(struct user_regs_struct *r);

/**
 * regs_hidden() - name what is in the CPU for @t and cannot be carried yet: I/O ports
 */
void regs_hidden(struct snap *s, const struct task *t);

/**
 * regs_rearm() - if @rt was in a call that has a restart block, get it one (regs_rearm.c)
 * @code: address of a system call instruction in it
 * @spare: 16 bytes of memory that it shares with us, at the same address
 */
int regs_rearm(struct rtask *rt, uint64_t code, uint64_t spare);

/** regs_set() - xstate, registers and signal mask, as the last thing that is done to it */
int regs_set(struct image *im, struct rtask *rt);

#endif
