#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# POSIX message queues: descriptors of several kinds.
load ../../helpers

clean_up() {
	local q
	mkdir -p "$T/mq"
	mount -t mqueue mqueue "$T/mq"
	while read -r q; do rm -f "$T/mq$q"; done < "$T/work/queues"
	umount "$T/mq"
} 2> /dev/null

@test "fd/mqueue comes back" {
	roundtrip fd/mqueue
}

@test "fd/mqueue comes back in an IPC namespace of its own" {
	STARTER=start_ipc_in roundtrip fd/mqueue
}
