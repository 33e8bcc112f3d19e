#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Timerfds: of three clocks, absolute and relative, interval, expired and not read.
load ../../helpers

@test "fd/timerfd comes back" {
	roundtrip fd/timerfd
}
