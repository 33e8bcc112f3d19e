#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Local descriptor tables.
load ../../helpers

@test "mm/ldt comes back" {
	roundtrip mm/ldt
}
