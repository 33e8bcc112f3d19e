#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A memfd mapped and open, with seals, shared by two processes.
load ../../helpers

@test "inode/memfd comes back" {
	roundtrip inode/memfd
}
