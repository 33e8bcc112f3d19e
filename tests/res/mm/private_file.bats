#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Private mappings of a file: changed pages are kept, clean ones come from the file; one unlinked.
load ../../helpers

@test "mm/private_file comes back" {
	roundtrip mm/private_file
}
