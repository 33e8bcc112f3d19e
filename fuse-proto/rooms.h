/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every room there is, by name; what they do is in their files, when they act is in table.c. */
#ifndef CRFS_ROOMS_H
#define CRFS_ROOMS_H

#include "resource.h"

extern const struct resource res_root_header, res_root_cgroup;
extern const struct resource res_task_status, res_task_regs;
extern const struct resource res_task_creds, res_task_limits, res_task_sched, res_task_attrs;
extern const struct resource res_task_process, res_task_sigactions, res_task_signals;
extern const struct resource res_task_sigpending, res_task_timers, res_task_seccomp, res_task_fs;
extern const struct resource res_ns_pid, res_ns_mnt, res_ns_uts;

#endif
