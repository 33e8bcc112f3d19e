#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Undo entries of semaphores: what is added when a process ends.
load ../../helpers

clean_up() {
	local id
	while read -r id; do ipcrm -s "$id"; done < "$T/work/sets"
} 2> /dev/null

@test "task/semundo comes back" {
	roundtrip task/semundo
}

@test "task/semundo comes back in an IPC namespace of its own" {
	STARTER=start_ipc_in roundtrip task/semundo
}

# Looking changes nothing: not once, not a hundred times, not when the daemon dies in it.
@test "undo entries are what they were after being looked at" {
	work_start task/semundo
	for i in $(seq 1 15); do
		freeze "$CG"
		cr_mount "$CG" "$T/mnt"
		cat "$T/mnt/unsupported"
		no_unsupported "$T/mnt"
		cat "$T/mnt"/tasks/*/semundo > "$T/entries.$i"
		cr_umount "$T/mnt"
		cmp "$T/entries.1" "$T/entries.$i"
		thaw "$CG"
	done
	grep -qE '^[0-9]+ 2 32767$' "$T/entries.1"
	for i in 1 2 3 4 5 6 7 8; do
		freeze "$CG"
		cr_daemon "$CG" "$T/mnt"
		(sleep "0.0$i"; kill -9 "$DAEMON") 3>&- &
		timeout 5 cat "$T/mnt/header" > /dev/null 2>&1 || true
		kill -9 "$DAEMON" 2> /dev/null || true
		cr_umount "$T/mnt"
		thaw "$CG"
	done
	work_verify
}
