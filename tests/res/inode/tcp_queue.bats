#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The queues of TCP sockets: read in part, in many pieces, full both ways.
load ../../helpers

@test "inode/tcp_queue comes back" {
	roundtrip inode/tcp_queue
}
