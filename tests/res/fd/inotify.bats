#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Inotify: watches with their numbers and masks, on a file, a directory and a deleted one; queued events.
load ../../helpers

@test "fd/inotify comes back" {
	roundtrip fd/inotify
}
