#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Signals that stop, blocked and pending: neither reading nor restoring takes any away.
load ../../helpers

@test "stop signals that are pending come back" {
	roundtrip task/pending_stops
}
