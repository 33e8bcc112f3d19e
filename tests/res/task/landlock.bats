#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Domains of Landlock: nothing shows them, and they are refused all the same.
load ../../helpers

# frozen_with START HOW: the view of a frozen workload in $T/mnt
frozen_with() {
	[ "$(python3 -c 'import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))')" -ge 4 ] ||
		skip "the kernel has no Landlock with rights of the network"
	cg_new landlock
	CRFS_GO=$T/go
	export CRFS_GO
	"$1" "$CG" "$WORK/task/landlock" "$2"
	wait_for grep -qx ready "$T/work.log"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
}

@test "every kind of domain, of any user, has its line" {
	for how in root user net; do
		frozen_with start_in "$how"
		grep -qE '^EOPNOTSUPP tasks/[0-9]+: in a domain of Landlock' "$T/mnt/unsupported"
		[ "$(wc -l < "$T/mnt/unsupported")" = 1 ]
		not cat "$T/mnt/manifest" > /dev/null
		cr_umount "$T/mnt"
		kill_all "$CG"
		: > "$T/work.log"
	done
}

@test "the domain of one thread is that of one thread" {
	frozen_with start_in thread
	not grep -qE "^EOPNOTSUPP tasks/$PID: " "$T/mnt/unsupported"
	[ "$(grep -cE '^EOPNOTSUPP tasks/[0-9]+: in a domain of Landlock' "$T/mnt/unsupported")" = 1 ]
}

@test "a domain in a pid namespace" {
	frozen_with start_ns_in user
	grep -qE '^EOPNOTSUPP tasks/1: in a domain of Landlock' "$T/mnt/unsupported"
}

@test "who is in none has none" {
	for start in start_in start_ns_in; do
		frozen_with "$start" none
		[ ! -s "$T/mnt/unsupported" ]
		cr_umount "$T/mnt"
		kill_all "$CG"
		: > "$T/work.log"
	done
}
