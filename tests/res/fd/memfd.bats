#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Memfds not mapped: content, position, name, a second description, huge sparse one.
load ../../helpers

@test "fd/memfd comes back" {
	roundtrip fd/memfd
}
