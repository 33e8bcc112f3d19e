#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A uts namespace of its own: host and domain name.
load ../../helpers

@test "ns/uts comes back" {
	STARTER=start_ns_in roundtrip ns/uts
}
