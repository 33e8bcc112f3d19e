#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Namespaces as descriptors: the mounter's, the container's own; others are refused by name.
load ../../helpers

@test "fd/nsfd comes back" {
	roundtrip fd/nsfd
}

@test "and in namespaces of its own" {
	STARTER=start_ns_in roundtrip fd/nsfd
}

@test "a namespace that nobody is in is named" {
	work_start fd/nsfd gone
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	grep -qE '^EXDEV files/[0-9]+: user:\[[0-9]+\] is a namespace that no task' "$T/mnt/unsupported"
	thaw "$CG"
	work_verify
}
