#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whom a process lets trace it (PR_SET_PTRACER) is lost by name, where that counts.
load ../../helpers

@test "PR_SET_PTRACER is lost by name" {
	[ "$(cat /proc/sys/kernel/yama/ptrace_scope 2> /dev/null)" = 1 ] || skip "kernel.yama.ptrace_scope is not 1"
	[ -d /sys/kernel/btf ] || skip "no BTF"
	work_start task/ptracer
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	[ "$(cat "$T/mnt/unsupported")" = "ENODATA tasks/$(sed -n 's/^child //p' "$LOG"): lost: whom it lets trace it (PR_SET_PTRACER)" ]
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}
