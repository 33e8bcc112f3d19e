#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory at the very bottom of the address space, and at the very top.
load ../../helpers

@test "mm/low comes back" {
	roundtrip mm/low
}
