#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pidfds: of itself, a child, a stopped child, a zombie.
load ../../helpers

@test "fd/pidfd comes back" {
	roundtrip fd/pidfd
}
@test "pidfds of the dead, in a pid namespace of its own, come back" {
	STARTER=start_ns_in roundtrip odd/events pidfds
}
