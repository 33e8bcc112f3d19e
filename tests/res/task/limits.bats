#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Resource limits, soft and hard, per process; those that bind (NPROC, DATA) too.
load ../../helpers

@test "task/limits comes back" {
	roundtrip task/limits
}
