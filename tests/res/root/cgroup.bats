#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A subtree below the container's cgroup, with tasks in it and limits.
load ../../helpers

@test "root/cgroup comes back" {
	roundtrip root/cgroup
}
