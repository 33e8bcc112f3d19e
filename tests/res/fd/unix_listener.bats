#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Unix listeners: absolute, relative, abstract, unlinked, linked elsewhere; stream and seqpacket; backlog, options, mode.
load ../../helpers

@test "fd/unix_listener comes back" {
	roundtrip fd/unix_listener
}
