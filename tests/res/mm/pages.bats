#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Anonymous memory: patterns, holes, zero pages, single bytes, runs across 2 MiB, huge pages.
load ../../helpers

@test "mm/pages comes back" {
	roundtrip mm/pages
}
