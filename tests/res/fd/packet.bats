#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Packet sockets: protocol and interface, groups, a filter, options; and one still gets a packet.
load ../../helpers

@test "fd/packet comes back" {
	roundtrip fd/packet
}

@test "fanout groups come back, and each packet comes to one of them" {
	roundtrip fd/packet_fanout
}
