#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Access to I/O ports is refused by name, and still there afterwards.
load ../../helpers

named() {
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	grep -qE "^EOPNOTSUPP tasks/[0-9]+: access to I/O ports \\($1\\)" "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}

@test "iopl" {
	work_start task/ports
	named iopl
}

@test "ioperm" {
	work_start task/ports some
	named ioperm
}
