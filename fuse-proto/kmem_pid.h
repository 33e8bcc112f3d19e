/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's struct pid: what a process is called in which pid namespace, also when it is dead. */
#ifndef CRFS_KMEM_PID_H
#define CRFS_KMEM_PID_H

#include <sys/types.h>

#include "kmem.h"

/**
 * kmem_pid_number() - its number @below levels below our own pid namespace
 * @nr: 0: it has none there
 * @ns: the namespace of that level that it is, or was, in
 * Return: 0 or a negative errno
 */
int kmem_pid_number(struct kmem *k, uint64_t pid, unsigned int below, pid_t *nr, uint64_t *ns);

/** kmem_pid_find() - the struct pid of the living process @nr (as we call it). Return: 0 or a negative errno */
int kmem_pid_find(struct kmem *k, pid_t nr, uint64_t *pid);

/** kmem_task_find() - the struct task_struct of the living thread @tid of @proc. Return: 0 or a negative errno */
int kmem_task_find(struct kmem *k, int proc, pid_t tid, uint64_t *task);

#endif
