#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Process groups, sessions, zombies with their status, stopped tasks, a subreaper, orphans.
load ../../helpers

@test "task/tree comes back" {
	roundtrip task/tree
}
