#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Shared anonymous memory stays shared between processes, partly mapped, at other addresses.
load ../../helpers

@test "inode/shm comes back" {
	roundtrip inode/shm
}
