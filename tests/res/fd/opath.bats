#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# O_PATH descriptors of a file, a directory, a symbolic link and a device.
load ../../helpers

@test "fd/opath comes back" {
	roundtrip fd/opath
}
