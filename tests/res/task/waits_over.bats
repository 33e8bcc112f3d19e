#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Waits that are over when a stopped process goes on, each with its restart block.
load ../../helpers

@test "waits that are over in a stopped process" {
	roundtrip task/waits_over
}
