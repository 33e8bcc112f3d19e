/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections with the world outside, cut off while their container is frozen or away. */
#ifndef CRFS_TCP_GUARD_H
#define CRFS_TCP_GUARD_H

#include "cgroup.h"
#include "err.h"
#include "tcp_table.h"

/**
 * tcp_guard() - drop the packets of @n connections until the cgroup's tasks run (again), or it is removed
 *
 * A process of its own sees to that, one a cgroup, which outlives mount and daemon; what it has set up goes
 * with it.
 *
 * Return: 0, or a negative errno with the reason in @e
 */
int tcp_guard(const struct cgroup *cg, const struct tcp_conn *conns, size_t n, struct err *e);

#endif
