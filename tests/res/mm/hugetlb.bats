#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Memory of huge pages, private and shared.
load ../../helpers

@test "mm/hugetlb comes back" {
	huge_pages 4
	roundtrip mm/hugetlb
}
