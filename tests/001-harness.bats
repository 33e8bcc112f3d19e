#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The harness itself: tree_diff sees what differs and lets through only what is exempt.
load helpers

two_trees() {
	mkdir -p "$T/a/tasks/1" "$T/b/tasks/1"
	printf 'format 1\nrealtime_ns %s\nkernel x\n' 11 > "$T/a/header"
	printf 'format 1\nrealtime_ns %s\nkernel x\n' 22 > "$T/b/header"
	printf 'fd file\n0 %s\n' 1 > "$T/a/tasks/1/fds"
	printf 'fd file\n0 %s\n' 1 > "$T/b/tasks/1/fds"
	echo "x = 1" > "$T/a/manifest"
	echo "x = 2" > "$T/b/manifest"
}

@test "exempt fields may differ" {
	two_trees
	tree_diff "$T/a" "$T/b"
}

@test "other fields, rows, bytes and names may not" {
	two_trees
	sed -i 's/kernel x/kernel y/' "$T/b/header"
	run tree_diff "$T/a" "$T/b"
	[ "$status" -ne 0 ]
	[[ "$output" == *"differs: header"* && "$output" == *"+kernel y"* && "$output" != *22* ]]
	two_trees
	printf 'fd file\n0 2\n' > "$T/b/tasks/1/fds"
	run tree_diff "$T/a" "$T/b"
	[ "$status" -ne 0 ]
	two_trees
	printf '\0\1' > "$T/a/xstate"; printf '\0\2' > "$T/b/xstate"
	run tree_diff "$T/a" "$T/b"
	[ "$status" -ne 0 ]
	rm "$T/a/xstate"
	run tree_diff "$T/a" "$T/b"
	[ "$status" -ne 0 ]
	[[ "$output" == *"Only in"* ]]
}

@test "columns and blocks of several sections" {
	EXEMPT=$T/exempt
	printf 'f [b]\nf key\n' > "$EXEMPT"
	mkdir "$T/a" "$T/b"
	printf 'key 1\nother 2\n\na b c\n1 2 3\n4 5 6\n\nb d\n7 8\n' > "$T/a/f"
	printf 'key 9\nother 2\n\na b c\n1 9 3\n4 9 6\n\nb d\n9 8\n' > "$T/b/f"
	tree_diff "$T/a" "$T/b"
	sed -i 's/4 9 6/4 9 7/' "$T/b/f"
	! tree_diff "$T/a" "$T/b"
}

@test "a field may be exempt for some of its values" {
	EXEMPT=$T/exempt
	printf 'f key=0x[ab]\n' > "$EXEMPT"
	mkdir "$T/a" "$T/b"
	printf 'key 0xa\nother 2\n' > "$T/a/f"
	printf 'key 0xb\nother 2\n' > "$T/b/f"
	tree_diff "$T/a" "$T/b"
	printf 'key 0xc\nother 2\n' > "$T/b/f"
	! tree_diff "$T/a" "$T/b"
}

an_init() {
	local p
	for p in $(cg_pids "$CG"); do
		grep -q '^NSpid:.*	1$' "/proc/$p/status" && return 0
	done
	return 1
}

@test "cgroups: freeze, thaw, kill, and nothing is left" {
	cg_new self
	start_in "$CG" sleep 1000
	wait_for grep -qx "$PID" "$CG/cgroup.procs"
	freeze "$CG"
	thaw "$CG"
	freeze "$CG"
	kill_all "$CG"
	[ ! -e "/proc/$PID" ]
	# Only its own three descriptors, in its own session.
	echo 0 > "$CG/cgroup.freeze"
	start_in "$CG" sleep 1000
	wait_for grep -q sleep "/proc/$PID/comm"
	[ "$(ls "/proc/$PID/fd" | wc -l)" = 3 ]
	[ "$(awk '{ print $6 }' "/proc/$PID/stat")" = "$PID" ]
	start_ns_in "$CG" sleep 1000
	wait_for an_init
}
