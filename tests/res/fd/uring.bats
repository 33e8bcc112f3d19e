#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Descriptors of an io_uring.
load ../../helpers

@test "fd/uring comes back" {
	roundtrip fd/uring
}
