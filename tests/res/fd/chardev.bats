#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Character devices without state: null, zero, full, random, urandom; by mapping too.
load ../../helpers

@test "fd/chardev comes back" {
	roundtrip fd/chardev
}
