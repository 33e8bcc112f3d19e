#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# POSIX semaphores: mapped under another name than the one they have.
load ../../helpers

clean_up() {
	rm -f /dev/shm/sem.crfs-"$CRFS_TEST_ID"-*
}

@test "mm/semaphores come back" {
	roundtrip mm/semaphores
}
