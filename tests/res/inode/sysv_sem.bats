#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# System V semaphores: values, last users, rights, somebody who waits.
load ../../helpers

clean_up() {
	local id
	while read -r id; do ipcrm -s "$id"; done < "$T/work/sets"
} 2> /dev/null

@test "inode/sysv_sem comes back" {
	roundtrip inode/sysv_sem
}

@test "inode/sysv_sem comes back in an IPC namespace of its own" {
	STARTER=start_ipc_in roundtrip inode/sysv_sem
}
