#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Syscall user dispatch: of who computes, who waits in a call, and of one range of code.
load ../../helpers

@test "task/dispatch comes back" {
	roundtrip task/dispatch
}

@test "a crfs that is killed while it asks leaves it as it was" {
	local i
	work_start task/dispatch
	freeze "$CG"
	for i in $(seq 60); do
		mkdir -p "$T/m$i"
		timeout -k 5 30 "$BIN/crtar" create --cgroup "$CG" -f /dev/null 3>&- 4>&- > /dev/null 2>&1 & C=$!
		sleep "0.00$((i % 10))$((i / 10))"
		kill -9 "$(pgrep -P "$C" -x crtar || echo "$C")" 2> /dev/null || true
		wait "$C" || true
		wait_for grep -qx 'frozen 1' "$CG/cgroup.events"
		[ "$((i % 10))" != 0 ] || { thaw "$CG"; freeze "$CG"; }
	done
	thaw "$CG"
	work_verify
}
