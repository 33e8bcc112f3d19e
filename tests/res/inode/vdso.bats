#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The vdso works after a restore: clocks, cpu number; in every thread, from a signal handler.
load ../../helpers

@test "inode/vdso comes back" {
	roundtrip inode/vdso
}
