#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# UDP sockets: names, groups, options, and what waits in them.
load ../../helpers

@test "fd/udp comes back" {
	roundtrip fd/udp
}
