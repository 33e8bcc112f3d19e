#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Locked memory: mlock, mlock2 on fault, mlockall for the future.
load ../../helpers

@test "mm/locked comes back" {
	roundtrip mm/locked
}
