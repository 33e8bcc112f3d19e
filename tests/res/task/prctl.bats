#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a process has switched by prctl(2): the numbers of timers, slots for futexes.
load ../../helpers

@test "task/prctl comes back" {
	roundtrip task/prctl
}

@test "who has switched nothing has no such file" {
	work_start task/threads
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	[ -z "$(find "$T/mnt/tasks" -name prctl)" ]
}
