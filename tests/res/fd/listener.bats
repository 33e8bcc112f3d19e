#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Listeners: TCP on the host's network, unix by name and abstract, with their backlog; no connection.
load ../../helpers

@test "fd/listener comes back" {
	roundtrip fd/listener
}
