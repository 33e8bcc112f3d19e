#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Names of threads, with odd characters, and personality, per process.
load ../../helpers

@test "task/status comes back" {
	roundtrip task/status
}
