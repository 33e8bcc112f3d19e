#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What prctl sets for a thread: machine checks, TSC, timer slack, speculation, I/O flusher; two threads differ.
load ../../helpers

@test "task/attrs comes back" {
	roundtrip task/attrs
}
