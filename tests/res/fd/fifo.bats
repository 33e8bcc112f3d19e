#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Named pipes with content, by name and both ends.
load ../../helpers

@test "fd/fifo comes back" {
	roundtrip fd/fifo
}
