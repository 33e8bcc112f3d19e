#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Blocking system calls go on as if nothing had been: no EINTR, relative sleeps keep their time.
load ../../helpers

@test "task/restart comes back" {
	roundtrip task/restart
}
