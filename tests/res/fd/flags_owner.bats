#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# F_SETOWN to a thread, a process, a group; F_SETSIG; O_ASYNC; close-on-exec per descriptor.
load ../../helpers

@test "fd/flags_owner comes back" {
	roundtrip fd/flags_owner
}
