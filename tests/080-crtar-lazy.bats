#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar restore --lazy: it runs at once, and no page of it is ever wrong; or it is killed.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# packed WORKLOAD [ARGUMENT...] -- [OPTION...]: as $T/ckpt.tar, and gone
packed() {
	local args=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do args+=("$1"); shift; done
	[ $# = 0 ] || shift
	work_start "${args[@]}"
	freeze "$CG"
	crtar create --cgroup "$CG" "$@" -f "$T/ckpt.tar"
	kill_all "$CG"
	echo 0 > "$CG/cgroup.freeze"
}

lazy() {
	crtar restore --lazy --log "$T/lazy.log" -f "${1:-$T/ckpt.tar}" --cgroup "$CG" "${@:2}"
}

# servers [NAME]: the processes that serve this container, which have its log open
servers() {
	local p
	for p in $(pgrep '^crtar-'); do
		[ $# = 0 ] || [ "$(cat "/proc/$p/comm" 2>/dev/null)" = "$1" ] || continue
		! readlink /proc/"$p"/fd/* 2>/dev/null | grep -qx "$T/lazy.log" || echo "$p"
	done
}
# stopped: those who bring pages stand still; some are missing yet
stopped() {
	local p
	p=$(servers crtar-pages)
	kill -STOP "$p"
	PAGES=$p
}
no_servers() { [ -z "$(servers)" ]; }

clean_up() {
	local p
	for p in $(servers); do kill -9 "$p"; done
}

rss() { awk '/^VmRSS/ { print $2 }' "/proc/$PID/status"; }

@test "it runs at once, whatever it does to its memory while that comes" {
	packed crtar/lazy 512
	lazy
	stopped
	[ "$(rss)" -lt $((256 << 10)) ]
	: > "$CRFS_GO"
	sleep 0.2
	! grep -qE 'pass|fail' "$LOG"
	kill -CONT "$PAGES"
	work_verify
	wait_for no_servers
	[ ! -s "$T/lazy.log" ]
}

@test "nothing is touched: all of it comes in the background, and nobody stays" {
	packed crtar/lazy 128
	lazy
	wait_for no_servers
	[ "$(rss)" -ge $((128 << 10)) ]
	! grep -qw um "/proc/$PID/smaps"
	work_verify
}

@test "a checkpoint of what comes back is refused while pages are missing, and then is the same" {
	packed crtar/lazy 256
	lazy
	stopped
	freeze "$CG"
	run crtar create --cgroup "$CG" -f "$T/two.tar"
	[ "$status" = 1 ]
	[[ $output == *"EOPNOTSUPP mms/"*"userfaultfd"* ]]
	kill -CONT "$PAGES"
	wait_for no_servers
	crtar create --cgroup "$CG" -f "$T/two.tar"
	run crtar diff "$T/ckpt.tar" "$T/two.tar"
	echo "$output"
	! grep -q mms/ <<< "$output"
	thaw "$CG"
	work_verify
}

@test "from a directory, and of memory of all kinds" {
	packed mm/pages
	mkdir "$T/dir"
	tar xf "$T/ckpt.tar" -C "$T/dir"
	lazy "$T/dir"
	work_verify
	wait_for no_servers
}

@test "many processes, and those that share pages copy-on-write" {
	packed task/tree
	lazy
	work_verify
	wait_for no_servers
}

@test "the container that was frozen by its user stays frozen, and gets its memory all the same" {
	packed crtar/lazy 64
	echo 1 > "$CG/cgroup.freeze"
	lazy
	wait_for no_servers
	[ "$(rss)" -ge $((64 << 10)) ]
	thaw "$CG"
	work_verify
}

@test "whoever brings the pages is killed: so is the container, before it reads a zero" {
	packed crtar/lazy 512
	lazy
	stopped
	: > "$CRFS_GO"
	sleep 0.2
	kill -KILL "$PAGES"
	wait_for cg_empty "$CG"
	! grep -qE 'pass|fail' "$LOG"
	grep -q "^crtar: ECHILD $CG: the process that brings its pages was ended: the container is killed" "$T/lazy.log"
	wait_for no_servers
}

@test "whoever keeps watch is killed: another comes" {
	packed crtar/lazy 512
	lazy
	W=$(servers crtar-watch)
	kill -KILL "$W"
	: > "$CRFS_GO"
	work_verify
	wait_for no_servers
	[ ! -s "$T/lazy.log" ]
}

@test "the archive is truncated while it runs: killed, with the reason" {
	packed crtar/lazy 512
	lazy
	stopped
	truncate -s 300M "$T/ckpt.tar"
	kill -CONT "$PAGES"
	wait_for cg_empty "$CG"
	grep -qE "^crtar: E[A-Z]+ mms/1/pages/[0-9a-f]+: its pages cannot be read any more: the container is killed" "$T/lazy.log"
	wait_for no_servers
}

@test "a page that is not what the manifest says: never seen by the program, which is killed" {
	packed crtar/lazy 256
	printf X | dd of="$T/ckpt.tar" bs=1 seek=200000000 conv=notrunc status=none
	: > "$CRFS_GO"
	lazy || true
	wait_for cg_empty "$CG"
	! grep -qE 'pass|fail' "$LOG"
	grep -qE "^crtar: EBADMSG mms/1/pages/[0-9a-f]+: its pages are not what the manifest says" "$T/lazy.log"
	wait_for no_servers
}

@test "what cannot be lazy is refused by name, and nothing is made" {
	packed base
	run bash -c "cat '$T/ckpt.tar' | '$BIN/crtar' restore --lazy --cgroup '$CG'"
	[ "$status" = 1 ]
	[[ $output == "crtar: ESPIPE -: --lazy: "* ]]
	gzip -k "$T/ckpt.tar"
	run lazy "$T/ckpt.tar.gz"
	[ "$status" = 1 ]
	[[ $output == "crtar: ESPIPE $T/ckpt.tar.gz: --lazy: "* ]]
	cg_empty "$CG"
	no_servers
}
