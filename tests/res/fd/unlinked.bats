#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Unlinked files of any size come back with content, holes, mode, owner, and unlinked; one mapped only.
load ../../helpers

@test "fd/unlinked comes back" {
	roundtrip fd/unlinked
}
