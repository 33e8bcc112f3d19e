#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# An io_uring that has a number of its own and no descriptor: nothing shows it, and it is refused all the same.
load ../../helpers

# unharmed HOW: it has a line, and goes on
unharmed() {
	work_start task/rings "$@"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EOPNOTSUPP tasks/[0-9]+: an io_uring that it has registered' "$T/mnt/unsupported"
	[ "$(wc -l < "$T/mnt/unsupported")" = 1 ]
	not cat "$T/mnt/manifest" > /dev/null
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}

@test "a registered io_uring is refused" {
	unharmed
}

@test "one that is not the first is refused" {
	unharmed second
}

@test "one of a thread is refused" {
	unharmed thread
}

@test "who has had one comes back without" {
	work_start task/rings had
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	fixed_point "$T/ckpt.tar"
}
