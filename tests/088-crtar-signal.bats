#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGINT at any time: crtar ends, says so, and leaves all as it was; or it was done already.
load helpers
load crtar

# ended MS ARGUMENT...: crtar with them, and SIGINT after so many ms. Return: was it done?
ended() {
	local c r=0
	endable "${@:2}" <&0 2> "$T/err" 3>&- 4>&- & c=$!
	sleep "0.$(printf %03d "$1")"
	kill -INT "$c" 2> /dev/null || true
	wait "$c" || r=$?
	[ $r != 130 ] || return 1	# it had not begun: nothing was caught, and nothing is to be there
	ENDED=$((ENDED + r))
	[ $r -le 1 ] || { echo "$*: $r"; cat "$T/err"; exit 1; }
	[ $r = 0 ] || grep -qE '^crtar: EINTR .*: signal 2: it was ended$' "$T/err" || { echo "$*"; cat "$T/err"; exit 1; }
	[ $r = 0 ]
}
MS="1 5 10 20 40 80 160"
ENDED=0

# file_or_none MS FILE ARGUMENT...: it is made, or there is nothing of that name
file_or_none() {
	if ended "$1" "${@:3}"; then
		crtar verify -q "$2"
		rm -r "$2"
	fi
	[ -z "$(find "$T" -maxdepth 1 -name "$(basename "$2")*")" ]
}

@test "what has no end is read until somebody ends it" {
	for file in /dev/zero <(cat /dev/zero); do
		not ended 400 ls "$file"
	done
	[ "$ENDED" = 2 ]
}

@test "what was ignored at the start is ignored: nohup, and a job in the background" {
	work_start base
	freeze "$CG"
	mkfifo "$T/fifo"
	for sig in HUP INT; do
		(trap '' $sig; exec "$BIN/crtar" create --cgroup "$CG" -f "$T/fifo" 2> "$T/err" 3>&- 4>&-) & C=$!
		wait_for catching "$C"
		sleep 0.2	# it waits for a reader
		kill -$sig "$C"
		sleep 0.1
		cat "$T/fifo" > "$T/ckpt.tar"
		wait "$C"
		crtar verify -q "$T/ckpt.tar"
	done
}

@test "create: it runs on" {
	work_start crtar/lazy 128
	for ms in $MS; do
		file_or_none "$ms" "$T/new.tar" create --cgroup "$CG" --freeze -f "$T/new.tar"
		wait_for grep -qx 'frozen 0' "$CG/cgroup.events"
		file_or_none "$ms" "$T/new.tar" create --cgroup "$CG" --freeze --zstd --index -f "$T/new.tar"
		wait_for grep -qx 'frozen 0' "$CG/cgroup.events"
	done
	[ "$ENDED" -gt 3 ]
	work_verify
}

@test "create into a pipe that nobody reads, whichever thread it is that waits" {
	work_start crtar/lazy 64
	freeze "$CG"
	mkfifo "$T/fifo"
	exec 9<> "$T/fifo"
	for n in 1 2 4; do
		for sig in INT TERM; do
			endable create --cgroup "$CG" --threads $n > "$T/fifo" 2> "$T/err" 3>&- 4>&- 9>&- & C=$!
			wait_for catching "$C"
			sleep 0.3
			kill -$sig "$C"
			WAIT=5 wait_for pid_gone "$C"
			not wait "$C"
			grep -qE '^crtar: EINTR .*: signal (2|15): it was ended$' "$T/err"
			timeout 0.1 cat <&9 > /dev/null || true
		done
	done
	exec 9>&-
	thaw "$CG"
	work_verify
}

@test "convert and merge: the result, or nothing" {
	work_start crtar/lazy 64
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	crtar create --cgroup "$CG" --since "$T/ckpt.tar" -f "$T/two.tar"
	kill_all "$CG"
	for ms in $MS; do
		file_or_none "$ms" "$T/dir" convert "$T/ckpt.tar" "$T/dir/"
		file_or_none "$ms" "$T/new.zst" convert --zstd "$T/ckpt.tar" "$T/new.zst"
		file_or_none "$ms" "$T/new.tar" merge -f "$T/new.tar" "$T/two.tar" "$T/ckpt.tar"
		if ended "$ms" convert --to criu "$T/ckpt.tar" "$T/img"; then rm -r "$T/img"; fi
		[ -z "$(find "$T" -maxdepth 1 -name 'img*')" ]
	done
	[ "$ENDED" -gt 3 ]
}

# whole_or_none MS FILE CHECK ARGUMENT...: it is made, and CHECK says that it is whole, or there is nothing of that name
whole_or_none() {
	if ended "$1" "${@:4}"; then
		$3
		rm "$2"
	fi
	[ -z "$(find "$T" -maxdepth 1 -name "$(basename "$2")*")" ]
}
core_is_whole() { gdb -batch -ex 'info threads' -c "$T/core" 2>&1 3>&- 4>&- | grep -q LWP; }
map_is_whole() { tail -n 1 "$T/map" | grep -q '</svg>'; }
report_is_whole() { tail -n 1 "$T/report" | grep -q '</html>'; }
image_is_whole() { [ "$("$T/image" --help | head -c 6)" = Usage: ]; }
signature_is_whole() { crtar verify -q --key "$T/pub" -s "$T/sig" "$T/ckpt.tar"; }

@test "all that look, verify, sign and seal" {
	packed crtar/pieces 20000 -- -o digest=sha256
	minisign -G -W -f -p "$T/pub" -s "$T/sec" > /dev/null
	crtar convert "$T/ckpt.tar" "$T/dir/"
	chmod u+w "$T/dir" "$T/dir/manifest"
	for ms in $MS; do
		for c in verify ls ps fds maps mem sockets graph map report; do
			ended "$ms" $c "$T/ckpt.tar" > "$T/out" || true
		done
		ended "$ms" show "$T/ckpt.tar" header > "$T/out" || true
		ended "$ms" verify "$T/dir" > "$T/out" || true
		whole_or_none "$ms" "$T/core" core_is_whole core -p "$PID" -o "$T/core" "$T/ckpt.tar"
		whole_or_none "$ms" "$T/map" map_is_whole map -o "$T/map" "$T/ckpt.tar"
		whole_or_none "$ms" "$T/report" report_is_whole report -o "$T/report" "$T/ckpt.tar"
		whole_or_none "$ms" "$T/image" image_is_whole exec-image -o "$T/image" "$T/ckpt.tar"
		whole_or_none "$ms" "$T/sig" signature_is_whole sign --key "$T/sec" -o "$T/sig" "$T/ckpt.tar"
		ended "$ms" seal "$T/dir" || true
		[ "$(ls -A "$T/dir" | grep -c manifest)" = 1 ]
	done
	[ "$ENDED" -gt 20 ]
	crtar verify -q "$T/dir"
}

# A diff that is ended is one that could not be made: 2
@test "diff" {
	packed crtar/pieces 20000
	crtar create --from "$T/ckpt.tar" --zstd -f "$T/two.tar"
	n=0
	for ms in $MS; do
		r=0
		endable diff "$T/ckpt.tar" "$T/two.tar" > "$T/out" 2> "$T/err" 3>&- 4>&- & c=$!
		sleep "0.$(printf %03d "$ms")"
		kill -INT "$c" 2> /dev/null || true
		wait "$c" || r=$?
		echo "$ms: $r $(cat "$T/err")"
		[ $r = 0 ] || [ $r = 2 ] || [ $r = 130 ]
		[ $r != 2 ] || grep -qE '^crtar: EINTR .*: signal 2: it was ended$' "$T/err"
		n=$((n + (r == 2)))
	done
	[ $n -gt 0 ]
}

# there_or_not MS ARGUMENT...: all tasks are there, or none is
there_or_not() {
	if ended "$1" restore --cgroup "$CG" "${@:2}"; then
		[ "$(cg_pids "$CG")" = "$PIDS" ]
		kill_all "$CG"
	fi
	wait_for cg_empty "$CG"
	wait_for pid_gone "$PID"
	wait_for no_servers
}
no_servers() {
	local p
	for p in $(pgrep '^crtar-'); do
		! readlink /proc/"$p"/fd/* 2> /dev/null | grep -qxF "$T/lazy.log" || return 1
	done
}

@test "restore, and --lazy: all of it, or no task" {
	packed crtar/lazy 128
	PIDS=$PID
	echo 0 > "$CG/cgroup.freeze"
	for ms in $MS; do
		there_or_not "$ms" -f "$T/ckpt.tar"
		there_or_not "$ms" -f "$T/ckpt.tar" --lazy --log "$T/lazy.log"
		there_or_not "$ms" < "$T/ckpt.tar"
	done
	[ "$ENDED" -gt 3 ]
	: > "$T/lazy.log"
	crtar restore -f "$T/ckpt.tar" --cgroup "$CG"
	work_verify
}
