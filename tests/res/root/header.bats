#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the header has: clocks never go back, the machine is the same.
load ../../helpers

@test "root/header comes back" {
	roundtrip root/header
}
