# SPDX-License-Identifier: GPL-2.0-or-later
# Odd cases: there and back, or refused by name and unharmed.
load ../helpers

# again WORKLOAD CASE: there and back, where a second checkpoint cannot be the same
again() {
	work_start "$@"
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	thaw "$CG"
	work_verify
	cr_umount "$T/mnt"
}

# refused PROGRAM CASE REGEX: the case is an obstacle that says so, and passes when it is thawed
refused() {
	work_start "odd/$1" "$2"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE "$3" "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}
