#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Signals that wait: from kill, from a child that ended, from a timer, many of one number, per thread.
load ../../helpers

@test "task/sigpending comes back" {
	roundtrip task/sigpending
}
