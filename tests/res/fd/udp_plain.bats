#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
load ../../helpers

@test "fd/udp with nothing in it comes back" {
	roundtrip fd/udp_plain
}
