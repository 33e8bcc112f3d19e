#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar diff: nothing where nothing is different, and what is by name and by range.
load helpers

crtar() {
	timeout -k 5 60 "$BIN/crtar" "$@" 3>&- 4>&-
}

# but_clocks: what crtar diff says, but for when the trees were read
but_clocks() {
	grep -vE '^~ header (realtime|monotonic|boottime)_ns: ' || true
}

@test "the same container as an archive, a directory, a mount and a cgroup" {
	local s
	work_start task/tree
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	tar cSf "$T/ckpt.tar" --format=pax -C "$T/mnt" .
	zstd -q "$T/ckpt.tar" -o "$T/ckpt.zst"
	mkdir "$T/copy"
	tar xf "$T/ckpt.tar" -C "$T/copy"
	for s in "$T/ckpt.zst" "$T/copy" "$T/mnt"; do
		run crtar diff "$T/ckpt.tar" "$s"
		echo "$output"
		[ "$status" = 0 ]
		[ -z "$output" ]
	done
	[ "$(crtar diff --json "$T/ckpt.tar" "$T/mnt" | tr -d '\n')" = '[]' ]
	run crtar diff "$T/copy" "$CG"
	[ "$status" = 1 ]
	[ -z "$(but_clocks <<< "$output")" ]
}

@test "fields by name, rows by what they are about, memory by range" {
	work_start mm/pages
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	mkdir "$T/copy"
	tar xf "$T/ckpt.tar" -C "$T/copy"
	chmod -R u+w "$T/copy"
	x=$(find "$T/copy/mms/1/pages" -size +16k | sort | head -n 1)
	at=$((0x${x##*/}))
	printf 'changed' | dd of="$x" bs=1 seek=8200 conv=notrunc status=none
	sed -i 's/^nice 0/nice 5/' "$T/copy/tasks/$PID/sched"
	sed -i 's/^2 2 0$/2 1 0/; $!b' "$T/copy/tasks/$PID/fds"
	sed -i '0,/^1 2 0$/{/^1 2 0$/d}' "$T/copy/tasks/$PID/fds"
	run crtar diff "$T/ckpt.tar" "$T/copy"
	echo "$output"
	[ "$status" = 1 ]
	diff <(sort <<< "$output") <(sort <<-EOF
	~ tasks/$PID/sched nice: 0 -> 5
	~ tasks/$PID/fds fds[2].file: 2 -> 1
	- tasks/$PID/fds fds: 1 2 0
	~ mms/1 0x$(printf %x $((at + 8192)))-0x$(printf %x $((at + 12288))): 4096 bytes -> other bytes
	EOF
	)
	crtar diff --json "$T/ckpt.tar" "$T/copy" > "$T/json" || [ $? = 1 ]
	python3 -c 'import json, sys
x = json.load(sys.stdin)
assert len(x) == 4 and {"change": "changed", "object": "tasks/'"$PID"'/sched", "field": "nice", "old": "0", "new": "5"} in x, x' < "$T/json"
}

@test "what came and what went while it ran on, against the live mount" {
	cg_new diff
	start_in "$CG" bash -c 'trap "sleep 1000 & exec 7< /dev/null" USR1; while :; do read -t 0.1 <> <(:) || :; done'
	sleep 0.3
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	crtar create --cgroup "$CG" -f "$T/before.tar"
	thaw "$CG"
	kill -USR1 "$PID"
	wait_for pgrep -P "$PID" -x sleep
	sleep 0.3
	freeze "$CG"
	run crtar diff "$T/before.tar" "$T/mnt"
	echo "$output" | head -n 40
	[ "$status" = 1 ]
	grep -qE "^\+ tasks/[0-9]+: sleep$" <<< "$output"
	grep -qE "^\+ tasks/$PID/fds fds: 7 [0-9]+ 0$" <<< "$output"
	grep -qE "^~ mms/1 0x[0-9a-f]+-0x[0-9a-f]+: [0-9]+ bytes -> other bytes$" <<< "$output"
}

@test "against a container that runs: what only a stopped task can tell is no difference" {
	work_start task/tree
	crtar create --cgroup "$CG" --freeze -f "$T/ckpt.tar"
	cr_mount "$CG" "$T/mnt"
	for two in "$T/ckpt.tar $T/mnt" "$T/ckpt.tar $CG" "$T/mnt $T/ckpt.tar"; do
		# shellcheck disable=SC2086
		run crtar diff $two
		echo "$two: $output"
		[ "$status" = 1 ]
		grep -q '^~ header state: ' <<< "$output"
		not grep -E '^[+-] (tasks|mms)/[0-9]+/' <<< "$output"
	done
	work_verify
}

@test "what is known of the pages of a compressed archive stands in TMPDIR, and a sentence if that is full" {
	work_start crtar/lazy 64
	crtar create --cgroup "$CG" --freeze -f "$T/old.tar"
	mkdir "$T/copy" "$T/little" "$T/large"
	tar xf "$T/old.tar" -C "$T/copy"
	chmod -R u+w "$T/copy"
	for x in $(find "$T/copy/mms/1/pages" -size +1M | sort | sed -n '1p; 9p; $p'); do
		printf 'changed' | dd of="$x" bs=1 seek=1000000 conv=notrunc status=none
	done
	tar cf "$T/new.tar" -C "$T/copy" .
	zstd -q "$T/old.tar" "$T/new.tar"
	crtar diff "$T/old.tar" "$T/new.tar" > "$T/apart" || [ $? = 1 ]
	[ "$(grep -c ': 4096 bytes -> other bytes$' "$T/apart")" = 3 ]
	TMPDIR=$T/large crtar diff "$T/old.tar.zst" "$T/new.tar.zst" > "$T/whole" || [ $? = 1 ]
	diff "$T/apart" "$T/whole"
	[ -z "$(ls -A "$T/large")" ]
	mount -t tmpfs -o size=16k none "$T/little"
	echo "$T/little" >> "$T/mounts"
	TMPDIR=$T/little run crtar diff "$T/old.tar.zst" "$T/new.tar.zst"
	echo "$output"
	[ "$status" = 2 ]
	[ "${#lines[@]}" = 1 ]
	[[ $output == "crtar: ENOSPC "*": hold it in a file below $T/little: make room there, "*TMPDIR* ]]
}

@test "what cannot be compared: exit status 2" {
	run crtar diff "$REPO/tests/golden/v1/base" /etc/passwd
	[ "$status" = 2 ]
	run crtar diff "$REPO/tests/golden/v1/base" "$REPO/tests/golden/v1/base"
	[ "$status" = 0 ]
	run crtar diff "$REPO/tests/golden/v1/base" "$REPO/tests/golden/v1/task-tree"
	[ "$status" = 1 ]
	run crtar diff "$REPO/tests/golden/v1/base"
	[ "$status" = 2 ]
}
