#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Netlink sockets: port, groups, peer, options; a request is answered, a message comes through.
load ../../helpers

@test "fd/netlink comes back" {
	roundtrip fd/netlink
}
