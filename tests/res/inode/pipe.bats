#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pipes whose ends are in different processes; one without reader; one only in flight between two children.
load ../../helpers

@test "inode/pipe comes back" {
	roundtrip inode/pipe
}
