/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every workload shares: say ready, wait to be told, check from inside, say pass. */
#ifndef WORK_H
#define WORK_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * A workload makes its state, calls work_ready(), which prints "ready" and returns when it is
 * told to verify, checks, and ends with work_pass(). It is told by the file $CRFS_GO coming into
 * being: no descriptor, signal or memory of the workload is touched by that. Its working
 * directory is a scratch directory; stdin is /dev/null, stdout and stderr a regular file opened
 * with O_APPEND.
 */

/* work_ready() - "ready", then work_wait() */
void work_ready(void);
/* work_wait() - sleep until told; for processes and threads beside the first */
void work_wait(void);
/* work_told() - has it been told yet? */
bool work_told(void);
/* work_pass() - "pass", exit 0 */
void work_pass(void) __attribute__((noreturn));
/* work_skip() - "skip: why", exit 77: this machine cannot do it */
void work_skip(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* work_fail() - "fail: file:line: why (errno)", exit 1 */
void work_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

/*
 * work_fork() - fork() that returns in the parent once the child called work_up(); no descriptor
 * of it is left after that
 */
pid_t work_fork(void);
void work_up(void);

/* work_join() - wait for a child of work_fork(), which must have exited with @status */
void work_join(pid_t pid, int status);

/*
 * work_survives() - is a child that calls @f, and ends, not killed? Some machines that are virtual know no segments,
 * no breakpoints, no int $0x80
 */
bool work_survives(void (*f)(void));

/* work_fill(), work_same() - bytes that only @seed makes */
void work_fill(void *buf, size_t len, uint64_t seed);
bool work_same(const void *buf, size_t len, uint64_t seed);

/* work_own() - skip, unless whoever started us says that the namespace of this kind ("ipc") is ours alone */
void work_own(const char *kind);

/* work_ms() - CLOCK_MONOTONIC in milliseconds */
long work_ms(void);
void work_sleep(int ms);

/*
 * work_settle() - until all that this thread has sent over the loopback interface has arrived. A send(2) returns
 * before that where ksoftirqd has taken over, as it does on a busy machine.
 */
void work_settle(void);

/* work_field() - the value of "key:" in @file (such as /proc/self/status) into a static buffer */
const char *work_field(const char *file, const char *key);

#define CHECK(cond) \
	do { if (!(cond)) work_fail(__FILE__, __LINE__, "%s", #cond); } while (0)
#define CHECK_EQ(a, b) \
	do { \
		long long __a = (long long)(a), __b = (long long)(b); \
		if (__a != __b) \
			work_fail(__FILE__, __LINE__, "%s is %lld (%#llx), not %s, %lld (%#llx)", \
				  #a, __a, __a, #b, __b, __b); \
	} while (0)
#define CHECK_STR(a, b) \
	do { \
		const char *__a = (a), *__b = (b); \
		if (strcmp(__a, __b)) \
			work_fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #a, __a, __b); \
	} while (0)

#endif
