#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# UDP sockets: names, groups, options, and what waits in them.
load ../../helpers

@test "fd/udp comes back" {
	roundtrip fd/udp
}

@test "connected ones tell the error that they had not yet told" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	STARTER=start_net_in roundtrip fd/udp_errors
}
