#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# How far crtar is: on a terminal, where it was asked for, and nowhere else.
load helpers

# slowly FILE: what a pipe gives in a second and a half
slowly() {
	head -c 200000 "$1"
	sleep 1.5
	tail -c +200001 "$1"
}

setup_archive() {
	work_start mm/pages
	freeze "$CG"
	"$BIN/crtar" create --cgroup "$CG" -f "$T/ckpt.tar" 3>&- 4>&-
	kill_all "$CG"
}

@test "lines if asked for, nothing if not, a bar on a terminal that leaves no trace" {
	setup_archive
	slowly "$T/ckpt.tar" | "$BIN/crtar" restore --progress --cgroup "$CG" 2> "$T/err"
	cat "$T/err"
	grep -qE '^crtar: [0-9]+ MiB, [0-9]+ MiB/s$' "$T/err"
	kill_all "$CG"
	slowly "$T/ckpt.tar" | "$BIN/crtar" restore --cgroup "$CG" > "$T/out" 2> "$T/err"
	[ ! -s "$T/err" ]
	[ ! -s "$T/out" ]
	kill_all "$CG"
	script -qfec "bash -c 'head -c 200000 $T/ckpt.tar; sleep 1.5; tail -c +200001 $T/ckpt.tar' | $BIN/crtar verify -" \
		"$T/screen" > /dev/null < /dev/null
	grep -q 'MiB/s' "$T/screen"
	grep -aq $'\r\e\[K'"-: .* files, all as the manifest says" "$T/screen"
}
