#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Files of kernel filesystems: of processes of the container, of the system.
load ../../helpers

@test "files of /proc and /sys come back" {
	roundtrip fd/procfs
}

@test "and in namespaces of its own" {
	STARTER=start_ns_in roundtrip fd/procfs
}

@test "a file of a process outside is named" {
	work_start fd/procfs "/proc/$BASHPID/stat"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EXDEV files/[0-9]+: /proc/[0-9]+/stat is of a task outside' "$T/mnt/unsupported"
	[ "$(wc -l < "$T/mnt/unsupported")" = 1 ]
	thaw "$CG"
	work_verify
}
