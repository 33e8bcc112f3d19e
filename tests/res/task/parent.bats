#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Children of a thread that is not the first are its own again.
load ../../helpers

@test "task/parent comes back" {
	roundtrip task/parent
}
