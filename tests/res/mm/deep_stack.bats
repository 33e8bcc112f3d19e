#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A program at its deepest, with nothing unused at the end of its stack where a tape could lie.
load ../../helpers

@test "a program at the end of its stack comes back" {
	roundtrip mm/deep_stack
}
