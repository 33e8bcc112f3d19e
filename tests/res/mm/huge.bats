#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory of huge pages with holes in it: it must not come back as more than it was.
load ../../helpers

@test "mm/huge comes back" {
	roundtrip mm/huge
}
