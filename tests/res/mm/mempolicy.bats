#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# On which NUMA nodes single mappings have their pages.
load ../../helpers

@test "mm/mempolicy comes back" {
	roundtrip mm/mempolicy
	grep -q 'MPOL_BIND MPOL_F_STATIC_NODES 0' <(tar xOf "$T/ckpt.tar" --wildcards '*/mms/1/mempolicy')
}

@test "mm/mempolicy: a thousand mappings with one and without" {
	roundtrip mm/mempolicy many
}
