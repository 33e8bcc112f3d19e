#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every option of every kind of socket that can be set so that it reads otherwise: carried as it reads.
load ../../helpers

@test "each option of each kind of socket comes back" {
	roundtrip fd/each_option
}

@test "and of few sockets, of which the kernel's memory is not looked at: TCP" {
	roundtrip fd/each_option 1
}

@test "UDP" {
	roundtrip fd/each_option 3
}
