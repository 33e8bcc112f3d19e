#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Protection keys: allocation, keys of mappings, PKRU of each thread.
load ../../helpers

@test "mm/pkeys comes back" {
	roundtrip mm/pkeys
}
