#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar restore --lazy: it runs at once, and no page of it is ever wrong; or it is killed.
load helpers
load crtar

# gone WORKLOAD...: packed, and its cgroup lets run
gone() {
	packed "$@"
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
# stopped: those who bring pages stand still; some are missing yet. To see whose they are takes longer than to bring the rest.
stopped() {
	local p
	PAGES=
	for p in $(pgrep -x crtar-pages); do
		kill -STOP "$p" || continue
		if readlink /proc/"$p"/fd/* 2>/dev/null | grep -qx "$T/lazy.log"; then
			PAGES=$p
		else
			kill -CONT "$p"
		fi
	done
	[ -n "$PAGES" ]
}
no_servers() { [ -z "$(servers)" ]; }

clean_up() {
	local p
	for p in $(servers); do kill -9 "$p"; done
}

rss() { awk '/^VmRSS/ { print $2 }' "/proc/$PID/status"; }

@test "it runs at once, whatever it does to its memory while that comes" {
	gone crtar/lazy 1024
	lazy
	stopped
	[ "$(rss)" -lt $((960 << 10)) ]
	: > "$CRFS_GO"
	sleep 0.2
	not grep -qE 'pass|fail' "$LOG"
	kill -CONT "$PAGES"
	work_verify
	wait_for no_servers
	[ ! -s "$T/lazy.log" ]
}

@test "nothing is touched: all of it comes in the background, and nobody stays" {
	gone crtar/lazy 128
	lazy
	wait_for no_servers
	[ "$(rss)" -ge $((128 << 10)) ]
	not grep -qw um "/proc/$PID/smaps"
	work_verify
}

# largest: of the mappings of $T/ckpt.tar, its start and end
largest() {
	crtar maps --json "$T/ckpt.tar" | python3 -c 'import json, sys
print(*max((int(m["end"], 16) - int(m["start"], 16), m["start"], m["end"]) for m in json.load(sys.stdin))[1:])'
}

@test "somebody looks at its memory from outside from the first moment on" {
	gone crtar/lazy 64
	read -r at end < <(largest)
	# it says so when it has seen zeros, of which there are none when all is there
	python3 - "$PID" "$at" "$T/stop" "$T/zeros" <<-'EOF' &
	import os, sys
	at = int(sys.argv[2], 16)
	while not os.path.exists(sys.argv[3]):
	    try:
	        mem = os.open(f"/proc/{sys.argv[1]}/mem", os.O_RDONLY)
	    except OSError:
	        continue
	    for i in range(0, 64 << 20, 1 << 18):
	        try:
	            b = os.pread(mem, 16, at + i)
	        except OSError:
	            break
	        if not any(b):
	            open(sys.argv[4], "w").close()
	    os.close(mem)
	EOF
	looks=$!
	for i in $(seq 20); do
		kill_all "$CG"
		lazy
		wait_for no_servers
		[ ! -e "$T/zeros" ] || break
	done
	touch "$T/stop"
	wait $looks
	[ -e "$T/zeros" ]
	work_verify
}

@test "a checkpoint of what comes back is refused while pages are missing, and then is the same" {
	gone crtar/lazy 256
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
	read -r at end < <(largest)
	[ $((end - at)) = $((256 << 20)) ]
	# the stack it has used since
	sed -n 's/^~ mms.* \(0x[0-9a-f]*\)-0x.*/\1/p' <<< "$output" | while read -r x; do
		[ $((x)) -lt $((at)) ] || [ $((x)) -ge $((end)) ]
	done
	thaw "$CG"
	work_verify
}

@test "in more pieces than a process may have mappings" {
	[ "$(cat /proc/sys/vm/max_map_count)" -lt 140000 ]
	gone crtar/pieces 70000
	lazy
	stopped
	[ "$(wc -l < "/proc/$PID/maps")" -lt 3000 ]
	: > "$CRFS_GO"
	sleep 0.2
	kill -CONT "$PAGES"
	work_verify
	wait_for no_servers
	[ ! -s "$T/lazy.log" ]
}

# cpu COMMAND...: how many ms of a processor it takes
cpu() {
	local TIMEFORMAT='%3U %3S' t
	t=$({ time "$@" > "$T/cpu.out" 2>&1; } 2>&1)
	awk '{ print int(1000 * ($1 + $2)) }' <<< "$t"
}

@test "what it takes before it runs is the same for a GiB as for a few MiB" {
	local mib few=9999 many=9999 i t
	for mib in 16 1024; do
		gone crtar/lazy "$mib"
		for i in 1 2 3 4 5; do
			t=$(cpu lazy)
			wait_for no_servers
			kill_all "$CG"
			[ "$mib" != 16 ] || few=$((t < few ? t : few))
			[ "$mib" = 16 ] || many=$((t < many ? t : many))
		done
	done
	echo "16 MiB: $few ms, 1 GiB: $many ms"
	[ "$few" -gt 0 ]
	[ "$many" -le $((few * 2)) ]
}

@test "from a directory, and of memory of all kinds" {
	gone mm/pages
	mkdir "$T/dir"
	tar xf "$T/ckpt.tar" -C "$T/dir"
	lazy "$T/dir"
	work_verify
	wait_for no_servers
}

@test "many processes, and those that share pages copy-on-write" {
	gone task/tree
	lazy
	work_verify
	wait_for no_servers
}

@test "the container that was frozen by its user stays frozen, and gets its memory all the same" {
	gone crtar/lazy 64
	echo 1 > "$CG/cgroup.freeze"
	lazy
	wait_for no_servers
	[ "$(rss)" -ge $((64 << 10)) ]
	thaw "$CG"
	work_verify
}

@test "whoever brings the pages is killed: so is the container, before it reads a zero" {
	gone crtar/lazy 512
	lazy
	stopped
	: > "$CRFS_GO"
	sleep 0.2
	kill -KILL "$PAGES"
	wait_for cg_empty "$CG"
	not grep -qE 'pass|fail' "$LOG"
	grep -q "^crtar: ECHILD $CG: the process that brings its pages was ended: the container is killed" "$T/lazy.log"
	wait_for no_servers
}

@test "whoever keeps watch is killed: another comes" {
	gone crtar/lazy 512
	lazy
	W=$(servers crtar-watch)
	kill -KILL "$W"
	: > "$CRFS_GO"
	work_verify
	wait_for no_servers
	[ ! -s "$T/lazy.log" ]
}

@test "the archive is truncated while it runs: killed, with the reason" {
	gone crtar/lazy 512
	lazy
	stopped
	truncate -s 300M "$T/ckpt.tar"
	kill -CONT "$PAGES"
	wait_for cg_empty "$CG"
	grep -qE "^crtar: E[A-Z]+ mms/1/pages/[0-9a-f]+: its pages cannot be read any more: the container is killed" "$T/lazy.log"
	wait_for no_servers
}

@test "a page that is not what the manifest says: never seen by the program, which is killed" {
	gone crtar/lazy 256
	printf X | dd of="$T/ckpt.tar" bs=1 seek=200000000 conv=notrunc status=none
	: > "$CRFS_GO"
	lazy || true
	wait_for cg_empty "$CG"
	not grep -qE 'pass|fail' "$LOG"
	grep -qE "^crtar: EBADMSG mms/1/pages/[0-9a-f]+: its pages are not what the manifest says" "$T/lazy.log"
	wait_for no_servers
}

@test "what cannot be lazy is refused by name, and nothing is made" {
	gone base
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

@test "--zstd --index: any tool reads it, and it comes back lazily and at once" {
	gone crtar/lazy 128 -- --zstd=1 --threads 2 --index
	zstd -q -t < "$T/ckpt.tar"
	zstd -dc < "$T/ckpt.tar" | tar tf - | tail -n 1 | grep -qx ./manifest
	bsdtar tf "$T/ckpt.tar" | tail -n 1 | grep -qx ./manifest
	crtar verify "$T/ckpt.tar"
	lazy
	: > "$CRFS_GO"
	work_verify
	wait_for no_servers
	rm "$CRFS_GO"
	echo ready > "$LOG"
	crtar restore --check -f "$T/ckpt.tar" --cgroup "$CG"
	echo 1 > "$CG/cgroup.freeze"
	crtar restore -f "$T/ckpt.tar" --cgroup "$CG"
	cr_mount "$CG" "$T/mnt"
	mkdir "$T/dir"
	zstd -dc < "$T/ckpt.tar" | tar xf - -C "$T/dir"
	diff -r "$T/dir/mms/1/pages" "$T/mnt/mms/1/pages"
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}

@test "--index, of so many files that their manifest is in several frames" {
	gone crtar/pieces 60000 -- --zstd=1 --index
	[ "$(zstd -dc "$T/ckpt.tar" | tar xOf - ./manifest | wc -c)" -gt $((2 << 20)) ]
	lazy
	: > "$CRFS_GO"
	work_verify
	wait_for no_servers
}

# index_edit WHAT: change the seek table of $T/ckpt.tar into $T/bad.tar
index_edit() {
	python3 - "$T/ckpt.tar" "$T/bad.tar" "$1" <<'PY'
import struct, sys
b = bytearray(open(sys.argv[1], 'rb').read())
n, = struct.unpack('<I', b[-9:-5])
t = len(b) - 9 - 8 * n
e = [list(struct.unpack('<II', b[t + 8 * i:t + 8 * i + 8])) for i in range(n)]
at = [sum(x[0] for x in e[:i]) for i in range(n)]
full = [i for i in range(n) if e[i][1] == (2 << 20) + 512]
i, k = full[3], full[7]
what = sys.argv[3]
if what == 'shift':      # a frame begins elsewhere
    e[i][0] += 5; e[i + 1][0] -= 5
elif what == 'sum':      # they are not the file
    e[i][0] += 1
elif what == 'one':      # a page fewer
    e[i] = [e[i][0] + e[i + 1][0], e[i][1] + e[i + 1][1]]; del e[i + 1]
elif what == 'swap':     # two pages in each other's place
    f = [bytes(b[at[x]:at[x] + e[x][0]]) for x in range(n)]
    f[i], f[k] = f[k], f[i]; e[i], e[k] = e[k], e[i]
    b[:t - 8] = b''.join(f)
elif what == 'huge':
    e[i][0] = 0xffffffff
elif what == 'flip':     # in a frame of a page
    b[at[i] + e[i][0] // 2] ^= 16
elif what == 'cut':      # the last of it, and the table is still where it was
    del b[at[n - 1] + e[n - 1][0] // 2:at[n - 1] + e[n - 1][0]]
    t = len(b) - 9 - 8 * n
b[t:] = b''.join(struct.pack('<II', *x) for x in e) + struct.pack('<IBI', len(e), 0, 0x8f92eab1)
struct.pack_into('<II', b, t - 8, 0x184d2a5e, 8 * len(e) + 9)
if what == 'count':      # of more frames than memory could hold
    struct.pack_into('<I', b, len(b) - 9, 0xfffffff0)
elif what == 'flags':    # reserved ones
    b[-5] = 0x7c
elif what == 'end':      # truncated in the table
    del b[-5:]
open(sys.argv[2], 'wb').write(b)
PY
}

@test "an index that lies: nothing comes of it, or the container is killed" {
	gone crtar/lazy 128 -- --zstd=1 --index
	for what in shift swap one flip; do
		index_edit "$what"
		run crtar restore -f "$T/bad.tar" --cgroup "$CG"
		echo "$what: $output"
		[ "$status" = 1 ]
		[[ $output == "crtar: EBADMSG "* ]]
		[ "${#lines[@]}" -le 4 ]
		wait_for cg_empty "$CG"
		run crtar restore --check -f "$T/bad.tar" --cgroup "$CG"
		[ "$status" = 1 ]
		lazy "$T/bad.tar" 2> "$T/err" || true
		wait_for cg_empty "$CG"
		wait_for no_servers
		grep -q "crtar: EBADMSG " "$T/err" "$T/lazy.log"
		rm -f "$T/lazy.log"
	done
	# What is no table of this file is none: it is read from its beginning.
	for what in sum count flags end cut huge; do
		index_edit "$what"
		run lazy "$T/bad.tar"
		echo "$what: $output"
		[ "$status" = 1 ]
		[[ $output == "crtar: E"*" $T/bad.tar: "* ]]
		[ "$what" = cut ] || [ "$what" = end ] || [[ $output == *" --lazy: "* ]]
		cg_empty "$CG"
	done
	crtar restore -f "$T/bad.tar" --cgroup "$CG"
	work_verify
}

@test "whoever needs no index is not misled by one: ls, show, verify, create --from, or one sentence" {
	gone crtar/lazy 32 -- --zstd=1 --index
	crtar ls "$T/ckpt.tar" > "$T/ls"
	crtar show "$T/ckpt.tar" header > "$T/header"
	for what in shift one sum count flags huge; do
		index_edit "$what"
		crtar ls "$T/bad.tar" | diff "$T/ls" -
		crtar show "$T/bad.tar" header | diff "$T/header" -
		crtar verify -q "$T/bad.tar"
		crtar create --from "$T/bad.tar" --zstd=1 --index -f "$T/good.tar"
		cmp "$T/good.tar" "$T/ckpt.tar"
	done
	for what in flip cut end; do
		index_edit "$what"
		run crtar verify -q "$T/bad.tar"
		echo "$what: $output"
		[ "$status" = 1 ]
		rm -f "$T/good.tar"
		run crtar create --from "$T/bad.tar" -f "$T/good.tar"
		[ "$status" = 1 ]
		[[ $output == "crtar: E"* ]]
		[ ! -e "$T/good.tar" ]
	done
}

@test "--index is for a whole tar that can be read so" {
	for o in --xz "--format cpio" "--since x"; do
		run crtar create --from /nonexistent $o --index
		[ "$status" = 2 ]
		[[ $output == "crtar: EINVAL create: --index: "* ]]
	done
}
