#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# POSIX timers on the CPU time of threads, each of its own.
load ../../helpers

@test "timers that count the CPU time of one thread each" {
	roundtrip task/timers_cpu
}
