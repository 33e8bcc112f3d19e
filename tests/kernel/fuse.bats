#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The FUSE filesystem where the kernel can do what that of the machine may have been built without: I/O ports, Yama.
load helpers

setup_file() { vm_boot; }
teardown_file() { vm_end; }

# named REGEX WORKLOAD..: a line of `unsupported` of FUSE matches, and it goes on
named() {
	guest ". /crfs/both; both_start ${*:2} && both_by_fuse '$1' && both_end"
}

@test "access to all I/O ports, and to some" {
	named '^EOPNOTSUPP tasks/[0-9]+: access to I/O ports \(iopl\)' task/ports
	named '^EOPNOTSUPP tasks/[0-9]+: access to I/O ports \(ioperm\)' task/ports some
}

@test "PR_SET_PTRACER, where it counts" {
	guest 'echo 1 > /proc/sys/kernel/yama/ptrace_scope'
	named '^ENODATA tasks/[0-9]+: lost: whom it lets trace it \(PR_SET_PTRACER\)' task/ptracer
}
