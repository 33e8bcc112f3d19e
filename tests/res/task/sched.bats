#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Policy, priority, nice, affinity, I/O priority, timer slack, NUMA policy, oom_score_adj, per thread.
load ../../helpers

@test "task/sched comes back" {
	roundtrip task/sched
}
