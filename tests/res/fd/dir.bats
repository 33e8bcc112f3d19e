#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Open directories: position within a listing, as dirfd; close-on-exec.
load ../../helpers

@test "fd/dir comes back" {
	roundtrip fd/dir
}
