#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar -o external=...: what is declared to stay outside, when it is read and when it is restored.
load helpers

outside_start() {
	pty_lock
	cg_new external
	export CRFS_GO=$T/go
	LOG=$T/work.log
	( close_fds; exec python3 "$REPO/tests/apps/outside.py" "$CG" "$T/work" "$LOG" "$WORK/fd/external" \
		< /dev/null > "$T/outside.log" 2>&1 ) &
	echo $! >> "$T/pids"
	wait_for test -e "$T/work/things"
	wait_for grep -qxE 'ready|(fail|skip):.*' "$LOG"
	grep -qx ready "$LOG"
	cat "$T/work/things"
}

# declared FILE: the option for what it lists
declared() {
	sed 's/^\([a-z]*\) /external=\1=/' "$1" | paste -sd,
}

@test "create and restore, with others in the place of what stayed outside" {
	outside_start
	freeze "$CG"
	run "$BIN/crtar" create --cgroup "$CG" -f "$T/no.tar" 3>&- 4>&-
	[ "$status" = 1 ]
	[ ! -e "$T/no.tar" ]
	"$BIN/crtar" create --cgroup "$CG" -o "$(declared "$T/work/things")" -f "$T/ckpt.tar" 3>&- 4>&-
	kill_all "$CG"
	run "$BIN/crtar" restore -f "$T/ckpt.tar" --cgroup "$CG" 3>&- 4>&-
	[ "$status" = 1 ]
	cg_empty "$CG"
	"$BIN/crtar" restore -f "$T/ckpt.tar" --cgroup "$CG" -o "$(declared "$T/work/replaced")" 3>&- 4>&-
	thaw "$CG"
	work_verify
}
