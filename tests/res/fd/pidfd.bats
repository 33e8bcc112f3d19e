#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pidfds: of itself, a child, a stopped child, a zombie.
load ../../helpers

@test "fd/pidfd comes back" {
	roundtrip fd/pidfd
}
