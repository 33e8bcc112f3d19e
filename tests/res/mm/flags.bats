#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is set for an address space as a whole.
load ../../helpers

@test "mm/flags comes back" {
	roundtrip mm/flags
}

@test "mm/flags: processes of other users with threads stay dumpable" {
	roundtrip mm/dumpable
}
