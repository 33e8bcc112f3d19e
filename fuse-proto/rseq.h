/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Restartable sequences of our own threads, which libc has registered. */
#ifndef CRFS_RSEQ_H
#define CRFS_RSEQ_H

/**
 * rseq_leave() - rseq(2), RSEQ_FLAG_UNREGISTER
 * For who is about to unmap libc's struct rseq, or has children that will: the kernel writes there when a thread has been
 * preempted, and kills it if it cannot. Makes system calls only.
 */
void rseq_leave(void);

#endif
