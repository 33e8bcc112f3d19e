/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* tasks/<pid>/timers: interval timers and POSIX timers of a process; no file if there are none. */
#ifndef CRFS_RES_TASK_TIMERS_H
#define CRFS_RES_TASK_TIMERS_H

#include <crfs/names.h>

CRFS_NAMES(crfs_itimer_names) = {
	{ 0, "ITIMER_REAL" },
	{ 1, "ITIMER_VIRTUAL" },
	{ 2, "ITIMER_PROF" },
	{ 0, NULL }
};

CRFS_NAMES(crfs_notify_names) = {
	{ 0, "SIGEV_SIGNAL" },
	{ 1, "SIGEV_NONE" },
	{ 4, "SIGEV_THREAD_ID" },
	{ 0, NULL }
};

/* Times are what remained when the timer was read. */
struct crfs_itimer {
	__u32 which;
	__u64 value_us;		/* 0: its signal is queued, and it goes on when that is taken */
	__u64 interval_us;
};

static const struct crfs_field crfs_itimer_fields[] = {
	CRFS_FIELD_NAMES(struct crfs_itimer, CRFS_NAME, which, crfs_itimer_names),
	CRFS_FIELD(struct crfs_itimer, CRFS_DEC, value_us),
	CRFS_FIELD(struct crfs_itimer, CRFS_DEC, interval_us),
};
CRFS_SHAPE(crfs_itimer_shape, struct crfs_itimer, CRFS_ROWS, "itimers", crfs_itimer_fields);

struct crfs_timer {
	__u32 id;
	__s32 clock;		/* negative: a CPU time clock, clock_getcpuclockid(3) */
	__u32 notify;
	__u32 tid;		/* SIGEV_THREAD_ID: whom */
	__u32 signal;
	__u64 sigval;
	__u64 value_ns;		/* 0: not armed */
	__u64 interval_ns;
	__s32 overrun;		/* timer_getoverrun(2) */
	__u8 queued;		/* its signal is, and not taken yet */
};

static const struct crfs_field crfs_timer_fields[] = {
	CRFS_FIELD(struct crfs_timer, CRFS_DEC, id),
	CRFS_FIELD_NAMES(struct crfs_timer, CRFS_NAME, clock, crfs_clock_names),
	CRFS_FIELD_NAMES(struct crfs_timer, CRFS_NAME, notify, crfs_notify_names),
	CRFS_FIELD(struct crfs_timer, CRFS_DEC, tid),
	CRFS_FIELD_NAMES(struct crfs_timer, CRFS_NAME, signal, crfs_signal_names),
	CRFS_FIELD(struct crfs_timer, CRFS_HEX, sigval),
	CRFS_FIELD(struct crfs_timer, CRFS_DEC, value_ns),
	CRFS_FIELD(struct crfs_timer, CRFS_DEC, interval_ns),
	CRFS_FIELD(struct crfs_timer, CRFS_INT, overrun),
	CRFS_FIELD(struct crfs_timer, CRFS_DEC, queued),
};
CRFS_SHAPE(crfs_timer_shape, struct crfs_timer, CRFS_ROWS, "timers", crfs_timer_fields);

#endif
