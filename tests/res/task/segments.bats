#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Segments of a thread: they are there again, and selectors of them in registers.
load ../../helpers

@test "task/segments comes back" {
	roundtrip task/segments
}
