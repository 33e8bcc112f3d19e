#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The heap's end, and the areas of arguments, environment and auxiliary vector, moved by prctl.
load ../../helpers

@test "mm/status comes back" {
	roundtrip mm/status
}
