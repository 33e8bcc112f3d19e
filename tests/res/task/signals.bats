#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Signal actions, masks, alternate stacks, signals queued with their siginfo, to threads and shared.
load ../../helpers

@test "task/signals comes back" {
	roundtrip task/signals
}
