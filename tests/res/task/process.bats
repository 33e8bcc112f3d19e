#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a process has as one: dumpable, subreaper, oom_score_adj, THP setting, core dump filter.
load ../../helpers

@test "task/process comes back" {
	roundtrip task/process
}
