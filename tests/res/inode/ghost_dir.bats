#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A working directory, and an open one, that are deleted.
load ../../helpers

@test "inode/ghost_dir comes back" {
	roundtrip inode/ghost_dir
}
