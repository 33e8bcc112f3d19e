#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Mappings of every kind, protection and flag; holes between them stay holes.
load ../../helpers

@test "mm/maps comes back" {
	roundtrip mm/maps
}
