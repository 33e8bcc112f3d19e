#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Seccomp: a stack of filters, per thread; strict mode.
load ../../helpers

@test "task/seccomp comes back" {
	roundtrip task/seccomp
}
