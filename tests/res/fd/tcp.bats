#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# TCP sockets: alone, in pairs, half closed, dead, with full queues; who is left outside is named.
load ../../helpers

@test "fd/tcp comes back" {
	roundtrip fd/tcp
}
