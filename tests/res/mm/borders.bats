#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Extents that reach over several mappings.
load ../../helpers

@test "mappings side by side come back, each with its own" {
	roundtrip mm/borders
}
