#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# crtar restore from a stream: pages are in place before its end, and nothing runs, or stays, if that is bad.
load helpers
load crtar

# part BYTES: begin to restore so much of $T/ckpt.tar, from a FIFO that stays open as descriptor 9
part() {
	mkfifo "$T/fifo"
	endable restore --cgroup "$CG" < "$T/fifo" 2> "$T/err" 3>&- 4>&- & C=$!
	exec 9> "$T/fifo"
	head -c "$1" "$T/ckpt.tar" >&9
	WAIT=20 wait_for holds $((48 << 10))
}
holds() { [ "$(awk '/^VmRSS/ { print $2 }' "/proc/$PID/status" 2>/dev/null)" -ge "$1" ]; }
rest() {
	tail -c +$(($1 + 1)) "$T/ckpt.tar" >&9
	exec 9>&-
}
ended() {
	local r=0
	wait "$C" || r=$?
	[ "$r" != 0 ]
	wait_for pid_gone "$PID"
	cg_empty "$CG"
}

@test "memory is there before the archive ends, and runs when that has been seen" {
	packed crtar/lazy 128
	n=$(($(stat -c %s "$T/ckpt.tar") - 50000))
	part "$n"
	wait_for holds $((120 << 10))
	grep -q '^State:.*t (tracing stop)' "/proc/$PID/status"
	[ "$(awk '/^VmHWM/ { print $2 }' "/proc/$C/status")" -lt $((64 << 10)) ]
	rest "$n"
	wait "$C"
	thaw "$CG"
	work_verify
}

@test "a flipped bit, a truncated stream, another manifest: the same sentences, and no task is left" {
	packed crtar/lazy 64
	cp "$T/ckpt.tar" "$T/good.tar"
	size=$(stat -c %s "$T/ckpt.tar")
	printf X | dd of="$T/ckpt.tar" bs=1 seek=50000000 conv=notrunc status=none
	run crtar restore -f "$T/ckpt.tar" --cgroup "$CG"
	[ "$status" = 1 ]
	[[ $output == "crtar: EBADMSG mms/1/pages/"*": it is not what the manifest says: copy it again, "* ]]
	said=$output
	part $((size - 40000))
	rest $((size - 40000))
	ended
	[ "$(cat "$T/err")" = "$said" ]
	rm "$T/fifo"
	head -c $((size - 40000)) "$T/good.tar" > "$T/ckpt.tar"
	part $((size - 40000))
	rest $((size - 40000))
	ended
	grep -qE '^crtar: E[A-Z]+ ' "$T/err"
	rm "$T/fifo"
	cp "$T/good.tar" "$T/ckpt.tar"
	at=$(grep -abo 'XXH64 (header)' "$T/ckpt.tar" | tail -n 1 | cut -d : -f 1)
	printf 0000 | dd of="$T/ckpt.tar" bs=1 seek=$((at + 20)) conv=notrunc status=none
	part $((size - 40000))
	rest $((size - 40000))
	ended
	grep -q '^crtar: EBADMSG header: it is not what the manifest says' "$T/err"
}

@test "SIGINT, SIGKILL in the middle: nothing is left, and it can be restored after" {
	packed crtar/lazy 64
	n=$(($(stat -c %s "$T/ckpt.tar") - 40000))
	for sig in INT KILL; do
		part "$n"
		kill -$sig "$C"
		[ $sig = KILL ] || exec 9>&-
		ended
		exec 9>&-
		rm "$T/fifo"
	done
	thaw "$CG"
	cat "$T/ckpt.tar" | crtar restore --cgroup "$CG"
	work_verify
}

@test "digest=sha256, which is known when all has gone by" {
	packed mm/pages -- -o digest=sha256
	cat "$T/ckpt.tar" | crtar restore --cgroup "$CG"
	thaw "$CG"
	work_verify
	kill_all "$CG"
	printf X | dd of="$T/ckpt.tar" bs=1 seek=5000000 conv=notrunc status=none
	run bash -c "cat '$T/ckpt.tar' | '$BIN/crtar' restore --cgroup '$CG'"
	[ "$status" = 1 ]
	[[ $output == "crtar: EBADMSG mms/1/pages/"* ]]
	cg_empty "$CG"
}

@test "in any other order: of a mount, by name, backwards, pages first" {
	packed mm/pages
	mkdir "$T/dir"
	tar xf "$T/ckpt.tar" -C "$T/dir"
	(cd "$T/dir" && find . -type f) > "$T/names"
	{ grep /pages/ "$T/names"; grep -v /pages/ "$T/names"; } > "$T/0"
	sort "$T/names" > "$T/1"
	sort -r "$T/names" > "$T/2"
	shuf "$T/names" > "$T/3"
	for i in 0 1 2 3; do
		tar cf "$T/$i.tar" -C "$T/dir" --no-recursion -T "$T/$i"
		gzip -1 < "$T/$i.tar" | crtar restore --cgroup "$CG"
		kill_all "$CG"
		crtar restore -f "$T/$i.tar" --cgroup "$CG"
		kill_all "$CG"
	done
	crtar restore -f "$T/0.tar" --cgroup "$CG"
	thaw "$CG"
	work_verify
}

@test "crtar's memory does not depend on the container's" {
	packed crtar/lazy 512
	zstd -q -1 "$T/ckpt.tar"
	for f in "$T/ckpt.tar" "$T/ckpt.tar.zst"; do
		/usr/bin/time -o "$T/peak" -f %M "$BIN/crtar" restore -f "$f" --cgroup "$CG" 3>&- 4>&-
		[ "$(tail -n 1 "$T/peak")" -lt $((64 << 10)) ]
		kill_all "$CG"
		cat "$f" | /usr/bin/time -o "$T/peak" -f %M "$BIN/crtar" restore --cgroup "$CG" 3>&- 4>&-
		[ "$(tail -n 1 "$T/peak")" -lt $((64 << 10)) ]
		kill_all "$CG"
	done
	thaw "$CG"
	/usr/bin/time -o "$T/peak" -f %M "$BIN/crtar" restore -f "$T/ckpt.tar" --cgroup "$CG" 3>&- 4>&-
	freeze "$CG"
	/usr/bin/time -o "$T/peak" -f %M "$BIN/crtar" create --cgroup "$CG" --zstd=1 --threads 2 --index 3>&- 4>&- > /dev/null
	[ "$(tail -n 1 "$T/peak")" -lt $((64 << 10)) ]
	thaw "$CG"
	work_verify
}

@test "nor does that of any other command, of an archive that is not compressed" {
	work_start crtar/pieces 100000
	freeze "$CG"
	small create --cgroup "$CG" -f "$T/ckpt.tar"
	small create --cgroup "$CG" --since "$T/ckpt.tar" -f "$T/more.tar"
	small create --from "$T/ckpt.tar" -f "$T/x"
	cmp "$T/x" "$T/ckpt.tar"
	small merge -f "$T/x" "$T/more.tar" "$T/ckpt.tar"
	small convert "$T/ckpt.tar" "$T/x.cpio"
	small convert "$T/ckpt.tar" "$T/dir/"
	small core -p "$PID" -o "$T/core" "$T/ckpt.tar"
	small exec-image -o "$T/exec" "$T/ckpt.tar"
	small diff "$T/ckpt.tar" "$CG"
	small diff "$T/ckpt.tar" "$T/x"
	for c in verify ls ps fds maps mem sockets graph map report; do small $c "$T/ckpt.tar"; done
	small show "$T/ckpt.tar" header
	small verify "$T/dir"
	small seal -o digest=sha256 "$T/dir"
	minisign -G -W -f -p "$T/pub" -s "$T/sec" > /dev/null
	small sign --key "$T/sec" -o "$T/sig" "$T/dir"
	small verify --base "$T/ckpt.tar" "$T/more.tar"
	kill_all "$CG"
	small restore --check -f "$T/ckpt.tar" --cgroup "$CG"
	small restore -f "$T/more.tar" --base "$T/ckpt.tar" --cgroup "$CG"
	thaw "$CG"
	work_verify
}

@test "nor if it is compressed, or comes from a pipe, or in any order" {
	packed crtar/pieces 30000
	zstd -q -1 "$T/ckpt.tar"
	small create --from "$T/ckpt.tar.zst" -f "$T/x"
	cmp "$T/x" "$T/ckpt.tar"
	crtar core -p "$PID" -o "$T/core" "$T/ckpt.tar"
	small convert "$T/ckpt.tar.zst" "$T/x.cpio"
	small core -p "$PID" -o "$T/x" "$T/ckpt.tar.zst"
	cmp "$T/x" "$T/core"
	small exec-image -o "$T/x" "$T/ckpt.tar.zst"
	small merge -f "$T/x" "$T/ckpt.tar.zst" "$T/ckpt.tar.zst"
	small create --from - -f "$T/x" < <(cat "$T/ckpt.tar")
	cmp "$T/x" "$T/ckpt.tar"
	small convert - "$T/dir/" < <(cat "$T/ckpt.tar")
	small core -p "$PID" -o "$T/x" - < <(cat "$T/ckpt.tar")
	cmp "$T/x" "$T/core"
	small restore --cgroup "$CG" < <(tar c -C "$T/dir" --sort=name .)
	thaw "$CG"
	work_verify
}

@test "what must be held of a pipe is in TMPDIR, and a sentence if that is full" {
	packed crtar/lazy 64
	mkdir "$T/little" "$T/large"
	mount -t tmpfs -o size=16m none "$T/little"
	echo "$T/little" >> "$T/mounts"
	for to in "convert - $T/x.cpio" "core -p $PID -o $T/x -"; do
		run env TMPDIR="$T/little" bash -c "cat '$T/ckpt.tar' | timeout 60 '$BIN/crtar' $to"
		echo "$output"
		[ "$status" = 1 ]
		[[ ${lines[0]} == "crtar: ENOSPC "*": hold it in a file below $T/little: make room there, "*TMPDIR* ]]
		[ "${#lines[@]}" = 1 ]
		[ ! -e "$T/x" ]
		[ "$(df --output=used "$T/little" | tail -n 1)" -lt 100 ]
	done
	run env TMPDIR="$T/none" bash -c "cat '$T/ckpt.tar' | timeout 60 '$BIN/crtar' convert - '$T/x.cpio'"
	[ "$status" = 1 ]
	[[ $output == "crtar: ENOENT "*": hold it in a file below $T/none: "* ]]
	TMPDIR=$T/large crtar convert - "$T/x.cpio" < <(cat "$T/ckpt.tar")
	[ -z "$(ls -A "$T/large")" ]
	crtar verify -q "$T/x.cpio"
}

# each WAY...: every workload of memory there and back, by that restore
each() {
	local w bad=0
	for w in "$WORK"/mm/*; do
		w=mm/${w##*/}
		case $w in mm/aio_*) continue ;; esac	# requests in flight are refused (tests/res/mm/aio.bats)
		(
			work_start "$w"
			freeze "$CG"
			crtar create --cgroup "$CG" -f "$T/ckpt.tar"
			kill_all "$CG"
			"$@"
			if [ "$1" = streamed ]; then
				cr_mount "$CG" "$T/mnt"
				fixed_point "$T/ckpt.tar"
				cr_umount "$T/mnt"
			fi
			thaw "$CG"
			work_verify
		) > "$T/out" 2>&1 || { echo "FAILED $w" >&2; false; } || grep -q '^# skip\|^skip:' "$T/out" "$T/work.log" || { echo "$w"; cat "$T/out"; bad=1; }
		rm -rf "$T/go" "$T/work"/*
	done
	[ $bad = 0 ]
}
streamed() { cat "$T/ckpt.tar" | crtar restore --cgroup "$CG"; }
lazily() { crtar restore --lazy -f "$T/ckpt.tar" --cgroup "$CG"; }

@test "all that memory can be, from a stream" {
	each streamed
}

@test "all that memory can be, lazily" {
	each lazily
}

# back WAY WORKLOAD [ARGUMENT...]
back() {
	work_start "${@:2}"
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/ckpt.tar"
	kill_all "$CG"
	"$1"
	thaw "$CG"
	work_verify
	rm "$CRFS_GO"
}

@test "in namespaces of its own, also where its tasks have no privilege outside" {
	for way in streamed lazily; do
		STARTER=start_ns_in back $way ns/mnt
		STARTER=start_ns_in back $way ns/pid
		USER_KIND=rootless STARTER=start_user_in back $way ns/user alone
	done
}

@test "a stream that lacks what its base has" {
	work_start crtar/lazy 64
	freeze "$CG"
	crtar create --cgroup "$CG" -f "$T/base.tar"
	thaw "$CG"
	sleep 0.1
	freeze "$CG"
	crtar create --cgroup "$CG" --since "$T/base.tar" -f "$T/ckpt.tar"
	[ "$(stat -c %s "$T/ckpt.tar")" -lt 10000000 ]
	kill_all "$CG"
	cat "$T/ckpt.tar" | crtar restore --base "$T/base.tar" --cgroup "$CG"
	thaw "$CG"
	work_verify
}
