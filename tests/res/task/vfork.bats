#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A parent waiting in vfork cannot be stopped: its child is let run until its execve. One that does not
# come to it is refused by name, and goes on unharmed.
load ../../helpers

@test "a child in vfork(2) that will call execve(2) soon is waited for" {
	roundtrip task/vfork exec
}

@test "programs that start programs all the time, frozen ten times" {
	cg_new vfork-loop
	# shellcheck disable=SC2016
	start_in "$CG" sh -c 'sh -c "while :; do /bin/true; done" & i=0; while :; do /bin/echo $i; i=$((i + 1)); done'
	wait_for test -s "$LOG"
	cr_mount "$CG" "$T/mnt"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		freeze "$CG"
		no_unsupported "$T/mnt"
		tar cf "$T/ckpt.tar" -C "$T/mnt" .
		thaw "$CG"
		sleep 0.0$((RANDOM % 10))
	done
	cr_umount "$T/mnt"
	checkpoint "$T/ckpt.tar"
	n=$(wc -l < "$LOG")
	restore "$T/ckpt.tar"
	thaw "$CG"
	wait_for at_line $((n + 20))
	awk '$1 != NR - 1 { print "line " NR " says " $1; exit 1 }' "$LOG"
}

at_line() {
	[ "$(wc -l < "$LOG")" -ge "$1" ]
}

@test "a parent in vfork(2) whose child waits stands in unsupported, tar fails, both go on" {
	work_start task/vfork
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EAGAIN tasks/[0-9]+: does not stop, it waits in vfork' "$T/mnt/unsupported"
	run tar cf "$T/x.tar" -C "$T/mnt" .
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}
