#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Names of anonymous mappings (PR_SET_VMA_ANON_NAME).
load ../../helpers

@test "mm/names comes back" {
	roundtrip mm/names
}
