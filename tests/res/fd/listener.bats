#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Listeners: TCP on the host's network, unix by name and abstract, with their backlog; no connection.
load ../../helpers

@test "fd/listener comes back" {
	roundtrip fd/listener
}

@test "a listener whose queue is full, and those who get no answer" {
	roundtrip fd/listener_full
}
