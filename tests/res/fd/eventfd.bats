#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Eventfds: count, semaphore mode, flags.
load ../../helpers

@test "fd/eventfd comes back" {
	roundtrip fd/eventfd
}
