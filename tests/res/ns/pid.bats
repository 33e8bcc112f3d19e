#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A pid namespace of its own: this is its init; children, a nested namespace, an orphan reparented to it.
load ../../helpers

@test "ns/pid comes back" {
	STARTER=start_ns_in roundtrip ns/pid
}

@test "a pid namespace whose first process has lost its first thread" {
	STARTER=start_ns_in roundtrip ns/pid_leader
}

@test "its own limit of pids, and whether memfds may be run" {
	STARTER=start_ns_in roundtrip ns/pid_sysctl
}
