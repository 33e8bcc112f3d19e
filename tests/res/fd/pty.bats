#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pseudo-terminals: settings, size, buffered bytes both ways, lock, packet mode, controlling terminal.
load ../../helpers

@test "fd/pty comes back" {
	roundtrip fd/pty
}
