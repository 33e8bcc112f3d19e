/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing a little of a task's memory, process_vm_readv(2). */
#ifndef CRFS_MEMORY_H
#define CRFS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

static inline bool task_peek(pid_t tid, uint64_t at, void *buf, size_t n)
{
	struct iovec here = { buf, n }, there = { (void *)at, n };

	return process_vm_readv(tid, &here, 1, &there, 1, 0) == (ssize_t)n;
}

static inline bool task_poke(pid_t tid, uint64_t at, const void *buf, size_t n)
{
	struct iovec here = { (void *)buf, n }, there = { (void *)at, n };

	return process_vm_writev(tid, &here, 1, &there, 1, 0) == (ssize_t)n;
}

#endif
