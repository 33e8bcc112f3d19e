#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# System V message queues: messages, full and empty, last users, rights, somebody who waits.
load ../../helpers

clean_up() {
	local id
	while read -r id; do ipcrm -q "$id"; done < "$T/work/queues"
} 2> /dev/null

@test "inode/sysv_msg comes back" {
	roundtrip inode/sysv_msg
}

@test "inode/sysv_msg comes back in an IPC namespace of its own" {
	STARTER=start_ipc_in roundtrip inode/sysv_msg
}
