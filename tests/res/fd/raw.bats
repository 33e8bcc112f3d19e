#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Raw sockets: protocols, ICMP filters, names, headers of their own; and they still work.
load ../../helpers

@test "fd/raw comes back" {
	roundtrip fd/raw
}
