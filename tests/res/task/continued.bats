#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# That a process was continued, and its parent has not waited for that.
load ../../helpers

@test "a child that went on is told of to a parent that waits for it then" {
	roundtrip task/continued
}
