#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The rseq area is registered still, and a critical section that was interrupted is aborted.
load ../../helpers

@test "task/rseq comes back" {
	roundtrip task/rseq
}
