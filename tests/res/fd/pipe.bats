#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pipes: content, size, packet mode, non-blocking end, half closed, full, between processes.
load ../../helpers

@test "fd/pipe comes back" {
	roundtrip fd/pipe
}
