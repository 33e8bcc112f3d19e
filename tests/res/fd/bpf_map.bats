#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# BPF maps, with what is in them.
load ../../helpers

@test "fd/bpf_map comes back" {
	roundtrip fd/bpf_map
}

@test "fd/bpf_map comes back: plain ones" {
	roundtrip fd/bpf_map_plain
}
