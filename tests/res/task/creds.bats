#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ids, groups, capability sets, securebits, no_new_privs; one child without privilege.
load ../../helpers

@test "task/creds comes back" {
	roundtrip task/creds
}
