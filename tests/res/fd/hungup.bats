#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Slaves of terminals whose masters are closed: they are again, under their old numbers.
load ../../helpers

@test "fd/hungup comes back" {
	roundtrip fd/hungup
}
