#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Signal actions of all 64 signals: handlers, ignored, default, flags and masks; two processes differ.
load ../../helpers

@test "task/sigactions comes back" {
	roundtrip task/sigactions
}
