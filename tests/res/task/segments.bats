#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Segments and breakpoints are refused by name, and the container goes on unharmed.
load ../../helpers

# refused WHAT LINE
refused() {
	work_start task/segments "$1"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE "$2" "$T/mnt/unsupported"
	run tar cf "$T/x.tar" -C "$T/mnt" .
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}

@test "a local descriptor table" {
	refused ldt '^EOPNOTSUPP mms/[0-9]+: a local descriptor table \(modify_ldt\)'
}

@test "a TLS segment" {
	refused tls '^EOPNOTSUPP tasks/[0-9]+: a TLS segment of its own \(set_thread_area\)'
}

@test "a breakpoint that a debugger has left" {
	refused breakpoint '^EOPNOTSUPP tasks/[0-9]+: a hardware breakpoint'
}
