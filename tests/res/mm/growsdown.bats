#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A mapping that grows down, and the main stack, still grow.
load ../../helpers

@test "mm/growsdown comes back" {
	roundtrip mm/growsdown
}
