#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Breakpoints that a debugger has left in somebody.
load ../../helpers

@test "task/breakpoints comes back" {
	roundtrip task/breakpoints
}
