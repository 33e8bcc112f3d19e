#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# System V segments: shared, partly attached, removed but attached, locked, with key and rights.
load ../../helpers

clean_up() {
	local id
	while read -r id; do ipcrm -m "$id"; done < "$T/work/segments"
} 2> /dev/null

@test "inode/sysv_shm comes back" {
	roundtrip inode/sysv_shm
}

@test "inode/sysv_shm comes back in an IPC namespace of its own" {
	STARTER=start_ipc_in roundtrip inode/sysv_shm
}
