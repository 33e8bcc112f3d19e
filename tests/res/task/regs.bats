#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Registers in use across the wait: general, flags, fs and gs base, x87, SSE, AVX, AVX-512, MXCSR.
load ../../helpers

@test "task/regs comes back" {
	roundtrip task/regs
}
