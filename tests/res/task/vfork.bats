#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A parent waiting in vfork while its child, in the same memory, runs.
load ../../helpers

@test "task/vfork comes back" {
	roundtrip task/vfork
}
