#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Interval timers; POSIX timers of all clocks and notifications, with ids, overruns and queued expiries.
load ../../helpers

@test "task/timers comes back" {
	roundtrip task/timers
}
