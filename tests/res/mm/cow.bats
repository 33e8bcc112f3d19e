#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pages that parent and child share copy-on-write are shared still: memory is not doubled.
load ../../helpers

@test "mm/cow comes back" {
	roundtrip mm/cow
}
