#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A signalfd: its mask, and a signal that waits in it.
load ../../helpers

@test "fd/signalfd comes back" {
	roundtrip fd/signalfd
}
