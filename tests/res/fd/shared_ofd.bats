#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Open file descriptions shared by dup and fork move together; others of one file do not.
load ../../helpers

@test "fd/shared_ofd comes back" {
	roundtrip fd/shared_ofd
}
