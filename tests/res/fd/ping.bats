#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Sockets of ICMP echo: bound to an identifier, connected; an echo comes back.
load ../../helpers

RANGE=/proc/sys/net/ipv4/ping_group_range

setup_file() {
	cat "$RANGE" > "$BATS_FILE_TMPDIR/range"
	echo "0 2147483647" > "$RANGE"
}

teardown_file() {
	cat "$BATS_FILE_TMPDIR/range" > "$RANGE"
}

@test "fd/ping comes back" {
	roundtrip fd/ping
}
