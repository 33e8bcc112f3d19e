#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Filters of sockets: classic ones come back, eBPF is refused by name.
load ../../helpers

@test "inode/filter comes back" {
	roundtrip inode/filter
}
