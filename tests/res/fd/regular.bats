#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Regular files: position, flags, append, read-only and write-only, on an odd name, a hole before the position.
load ../../helpers

@test "fd/regular comes back" {
	roundtrip fd/regular
}
