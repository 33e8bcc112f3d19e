#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Processes in other time namespaces than the container's first task.
load ../../helpers

@test "task/timens comes back" {
	roundtrip task/timens
}

@test "task/timens comes back where the first one has a time namespace of its own" {
	STARTER=start_time_in roundtrip task/timens
}
