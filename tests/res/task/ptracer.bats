#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whom a process lets trace it (PR_SET_PTRACER) is lost by name, where that counts.
load ../../helpers

@test "PR_SET_PTRACER is lost by name, where there is Yama; else nobody has said it" {
	work_start task/ptracer
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	child=$(sed -n 's/^child //p' "$LOG")
	if [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2> /dev/null)" = 1 ]; then
		[ "$(cat "$T/mnt/unsupported")" = "ENODATA tasks/$child: lost: whom it lets trace it (PR_SET_PTRACER)" ]
		run cat "$T/mnt/manifest"
		[ "$status" -ne 0 ]
	else
		no_unsupported "$T/mnt"
		cat "$T/mnt/manifest" > /dev/null
	fi
	thaw "$CG"
	work_verify
}
