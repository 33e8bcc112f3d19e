#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Blocking system calls go on as if nothing had been: no EINTR, relative sleeps keep their time.
load ../../helpers

@test "no blocking call returns EINTR for being frozen and restored" {
	roundtrip task/restart strict
}
