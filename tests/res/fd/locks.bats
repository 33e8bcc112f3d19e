#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# POSIX, flock and OFD locks of two processes, ranges split; a lease.
load ../../helpers

@test "fd/locks comes back" {
	roundtrip fd/locks
}
