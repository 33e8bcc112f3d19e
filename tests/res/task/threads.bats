#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Many threads with stacks, locks, TLS, a condition variable; tids out of order; robust list, tid address.
load ../../helpers

@test "task/threads comes back" {
	roundtrip task/threads
}
