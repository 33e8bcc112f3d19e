#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A file opened by a name that is gone while another of its names is there.
load ../../helpers

@test "inode/ghost comes back" {
	roundtrip inode/ghost
}
