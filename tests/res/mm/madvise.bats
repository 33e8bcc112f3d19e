#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Advice that stays: DONTFORK, DONTDUMP, WIPEONFORK, HUGEPAGE, NOHUGEPAGE, MERGEABLE, SEQUENTIAL, RANDOM.
load ../../helpers

@test "mm/madvise comes back" {
	roundtrip mm/madvise
}
