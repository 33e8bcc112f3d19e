#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Options of so many sockets that crfs looks for them in the kernel's memory first.
load ../../helpers

@test "each of many sockets comes back with its option" {
	ulimit -n 4096
	roundtrip fd/many_options
}
