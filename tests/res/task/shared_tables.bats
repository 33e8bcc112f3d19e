#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# CLONE_FILES, CLONE_FS, CLONE_SIGHAND and CLONE_VM between processes: shared before, shared after.
load ../../helpers

@test "task/shared_tables comes back" {
	roundtrip task/shared_tables
}
