#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The parent-death signal is kept, and comes from the restored parent.
load ../../helpers

@test "task/pdeathsig comes back" {
	roundtrip task/pdeathsig
}
