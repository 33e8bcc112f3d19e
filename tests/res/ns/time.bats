#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A time namespace of its own: offsets of the clocks.
load ../../helpers

@test "ns/time comes back" {
	STARTER=start_time_in roundtrip ns/time
}

@test "one whose clocks are behind" {
	TIME_AHEAD=-300 STARTER=start_time_in roundtrip ns/time back
}

@test "children that would go to another time namespace" {
	work_start ns/time children
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qx "EOPNOTSUPP tasks/$PID: its children go to another time namespace than its own: let it make one first" "$T/mnt/unsupported"
}
