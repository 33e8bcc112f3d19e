#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Descriptor tables: odd and high numbers, closed standard ones, close-on-exec, many of one file, a limit below them.
load ../../helpers

@test "fd/fds comes back" {
	roundtrip fd/fds
}
