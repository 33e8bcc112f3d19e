// SPDX-License-Identifier: GPL-2.0-or-later
/* Restartable sequences of our own threads, which libc has registered. */
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rseq.h"

/* libc says how much of it is in use, which is not the size that it has told the kernel: at first that was 32. */
void rseq_leave(void)
{
	char *rseq = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (__rseq_size && syscall(SYS_rseq, rseq, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG))
		syscall(SYS_rseq, rseq, __rseq_size, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}
