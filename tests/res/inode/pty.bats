#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Terminals: half a line typed, packet mode, lock, exclusive use, a slave that is gone, /dev/tty, jobs.
load ../../helpers

@test "inode/pty comes back" {
	roundtrip inode/pty
}
