#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Relative timeouts go on with what was left of them.
load ../../helpers

@test "what is left of a relative timeout is not waited for anew" {
	roundtrip task/wait
}

# again and again: each time the call is restart_syscall(2) to begin with
@test "after several freezes, too, and two round trips" {
	work_start task/wait
	freeze "$CG"; thaw "$CG"; freeze "$CG"; thaw "$CG"
	there_and_back
	cr_umount "$T/mnt"
	rm -rf "$T/one" "$T/two"
	there_and_back
	work_verify
	cr_umount "$T/mnt"
}
