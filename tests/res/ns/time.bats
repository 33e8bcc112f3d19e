#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A time namespace of its own: offsets of the clocks.
load ../../helpers

# Its maker stays outside, and in the namespace of the machine.
start_time_in() {
	local cg=$1
	shift
	LOG=${LOG:-$T/work.log}
	(
		close_fds
		cd "$T/work"
		# shellcheck disable=SC2016
		exec unshare --time --monotonic 2000000 --boottime -50 --fork bash -c \
			'echo 0 > "$1/cgroup.procs"; exec >> "$2" 2>&1; shift 2; exec setsid "$@"' \
			init "$cg" "$LOG" "$@" < /dev/null > /dev/null 2>&1
	) &
	echo $! >> "$T/pids"
}

@test "ns/time comes back" {
	STARTER=start_time_in roundtrip ns/time
}

@test "children that would go to another time namespace" {
	work_start ns/time children
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qx "EOPNOTSUPP tasks/$PID: its children go to another time namespace than its own: let it make one first" "$T/mnt/unsupported"
}
