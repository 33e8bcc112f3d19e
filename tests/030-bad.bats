#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Bad trees are refused: nothing is made, tar fails, and .crfs/error says why.
load helpers

# One checkpoint serves all tests of this file; its container is gone.
setup_file() {
	export BAD_BASE=$BATS_FILE_TMPDIR/base
	T=$BATS_FILE_TMPDIR
	mkdir -p "$T/work" "$BAD_BASE"
	: > "$T/cgroups"; : > "$T/mounts"; : > "$T/pids"
	chmod a+x "$BATS_RUN_TMPDIR" "$T"
	work_start base
	checkpoint "$T/ckpt.tar"
	tar xf "$T/ckpt.tar" -C "$BAD_BASE"
	export BAD_PID=$PID BAD_LOG=$LOG BAD_GO=$CRFS_GO BAD_CG=$CG
}

teardown_file() {
	T=$BATS_FILE_TMPDIR
	kill_all "$BAD_CG"
	cg_del "$BAD_CG"
}

# stage: a staging mount of a fresh cgroup with everything but the manifest in it
stage() {
	cg_new bad
	echo 1 > "$CG/cgroup.freeze"
	cr_mount "$CG" "$T/mnt"
	tar cf - -C "$BAD_BASE" --exclude ./manifest . | tar xf - -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = staging ]
}

# refused: the manifest completes the tree, and that fails; nothing is there
refused() {
	if timeout 20 cp "${1:-$BAD_BASE/manifest}" "$T/mnt/manifest" 2> "$T/cp.err"; then
		echo "accepted"
		return 1
	fi
	cg_empty "$CG" || { echo "tasks were made"; return 1; }
	[ ! -e "/proc/$BAD_PID" ] || { echo "pid $BAD_PID is there"; return 1; }
	[ -s "$T/mnt/.crfs/error" ] || { echo "no reason is given"; return 1; }
	if grep -vE '^E[A-Z0-9]+ [^:]*: .' "$T/mnt/.crfs/error"; then
		echo "which is no reason of the form ERRNO object: text"
		return 1
	fi
	rm "$T/mnt/manifest"
}

# still_good: after all that, the good tree restores and passes
still_good() {
	cp "$BAD_BASE/manifest" "$T/mnt/manifest"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	: > "$BAD_GO"
	thaw "$CG"
	LOG=$BAD_LOG
	wait_for cg_empty "$CG"
	grep -qx pass "$LOG"
	: > "$LOG"
	rm -f "$BAD_GO"
}

files() {
	(cd "$BAD_BASE" && find . -type f ! -name manifest -size +0 -printf '%P\n' | LC_ALL=C sort)
}

# put FILE: the good one again
put() {
	cat "$BAD_BASE/$1" > "$T/mnt/$1"
}

@test "one bit flipped, in each file" {
	stage
	for f in $(files); do
		echo "flip $f"
		n=$(stat -c %s "$BAD_BASE/$f")
		python3 - "$BAD_BASE/$f" "$T/mnt/$f" $((n * 5 / 7)) <<-'END'
		import sys
		b = bytearray(open(sys.argv[1], "rb").read())
		b[int(sys.argv[3])] ^= 1
		open(sys.argv[2], "wb").write(b)
		END
		refused
		grep -q " $f: " "$T/mnt/.crfs/error" || { cat "$T/mnt/.crfs/error"; false; }
		put "$f"
	done
	still_good
}

@test "each file truncated" {
	stage
	for f in $(files); do
		echo "truncate $f"
		n=$(stat -c %s "$BAD_BASE/$f")
		truncate -s $((n / 2)) "$T/mnt/$f"
		refused
		grep -q " $f: " "$T/mnt/.crfs/error" || { cat "$T/mnt/.crfs/error"; false; }
		put "$f"
	done
	still_good
}

@test "each file missing: the restore does not begin, and check says so" {
	stage
	for f in $(files); do
		rm "$T/mnt/$f"
		cp "$BAD_BASE/manifest" "$T/mnt/manifest" 2>/dev/null || true
		cg_empty "$CG"
		echo check > "$T/mnt/.crfs/ctl" || true
		grep -q "$f" "$T/mnt/.crfs/error" || { echo "$f:"; cat "$T/mnt/.crfs/error"; false; }
		rm "$T/mnt/manifest"
		put "$f"
	done
	still_good
}

@test "each file missing and not in the manifest either" {
	stage
	for f in $(files); do
		# A run of pages that is not there is a run of zeros: only the digest can tell.
		case $f in mms/*/pages/*) continue ;; esac
		echo "without $f"
		rm "$T/mnt/$f"
		grep -vF "($f)" "$BAD_BASE/manifest" > "$T/manifest"
		refused "$T/manifest"
		put "$f"
	done
	still_good
}

@test "the archive cut off anywhere: tar fails and nothing is made" {
	tar cf "$T/whole.tar" -C "$BAD_BASE" .
	size=$(stat -c %s "$T/whole.tar")
	for part in 1 3 5 7 9; do
		cg_new cut
		cr_mount "$CG" "$T/cut$part"
		head -c $((size * part / 10)) "$T/whole.tar" > "$T/cut.tar"
		run tar xf "$T/cut.tar" -C "$T/cut$part"
		cg_empty "$CG"
		[ "$(crfs_state "$T/cut$part")" != running ]
		cr_umount "$T/cut$part"
	done
}

@test "an extra file, one that no room knows" {
	stage
	echo x > "$T/mnt/tasks/$BAD_PID/extra"
	refused
	grep -q "tasks/$BAD_PID/extra" "$T/mnt/.crfs/error"
	{ cat "$BAD_BASE/manifest"; (cd "$T/mnt" && xxhsum -H64 --tag "tasks/$BAD_PID/extra"); } > "$T/manifest"
	refused "$T/manifest"
	rm "$T/mnt/tasks/$BAD_PID/extra"
	still_good
}

@test "a file renamed, a file twice in the manifest" {
	stage
	mv "$T/mnt/tasks/$BAD_PID/creds" "$T/mnt/tasks/$BAD_PID/credits"
	cp "$BAD_BASE/manifest" "$T/mnt/manifest" 2>/dev/null || true
	cg_empty "$CG"
	rm "$T/mnt/manifest"
	mv "$T/mnt/tasks/$BAD_PID/credits" "$T/mnt/tasks/$BAD_PID/creds"
	{ cat "$BAD_BASE/manifest"; grep '(header)' "$BAD_BASE/manifest"; } > "$T/manifest"
	refused "$T/manifest"
	still_good
}

# Every file of tests/bad/ is a change of a tree with right digests, and the sentence it must give.
@test "trees that are wrong in themselves, each with its sentence" {
	stage
	n=0
	for change in "$REPO"/tests/bad/*.sh; do
		echo "bad/${change##*/}"
		rm -rf "$T/tree"
		cp -r "$BAD_BASE" "$T/tree"
		chmod -R u+w "$T/tree"
		(cd "$T/tree" && PID=$BAD_PID bash -euo pipefail "$change")
		remanifest "$T/tree"
		find "$T/mnt" -mindepth 1 -delete
		(cd "$T/tree" && tar cf - --exclude ./manifest .) | tar xf - -C "$T/mnt"
		refused "$T/tree/manifest"
		want=$(sed -n 's/^# expect: //p' "$change")
		grep -qE "$want" "$T/mnt/.crfs/error" || {
			echo "wanted: $want"; cat "$T/mnt/.crfs/error"; false; }
		n=$((n + 1))
	done
	[ "$n" -gt 5 ]
}

@test "a pid in use: each is named" {
	stage
	# Take the pid: the next one given is last_pid + 1.
	for i in 1 2 3 4 5; do
		echo $((BAD_PID - 1)) > /proc/sys/kernel/ns_last_pid
		sleep 1000 3>&- &
		taken=$!
		[ "$taken" != "$BAD_PID" ] || break
		kill "$taken"
	done
	[ "$taken" = "$BAD_PID" ] || { kill "$taken"; skip "cannot take pid $BAD_PID"; }
	if cp "$BAD_BASE/manifest" "$T/mnt/manifest" 2>/dev/null; then
		kill "$taken"
		false
	fi
	cat "$T/mnt/.crfs/error"
	grep -qE "^EEXIST tasks/$BAD_PID: .*$BAD_PID" "$T/mnt/.crfs/error"
	kill "$taken"
	wait "$taken" || true
	rm "$T/mnt/manifest"
	still_good
}

@test "an open file gone, changed in type, too short" {
	stage
	mv "$BATS_FILE_TMPDIR/work/base.txt" "$BATS_FILE_TMPDIR/work/away"
	refused
	grep -q 'base.txt' "$T/mnt/.crfs/error" || { cp "$BAD_BASE/manifest" "$T/mnt/manifest" || true
		cat "$T/mnt/.crfs/error"; false; }
	mkdir "$BATS_FILE_TMPDIR/work/base.txt"
	refused
	rmdir "$BATS_FILE_TMPDIR/work/base.txt"
	: > "$BATS_FILE_TMPDIR/work/base.txt"
	refused
	mv "$BATS_FILE_TMPDIR/work/away" "$BATS_FILE_TMPDIR/work/base.txt"
	still_good
}

@test "no space for staging: tar fails, nothing is made" {
	cg_new nospace
	# A limit on what the daemon may hold: its memfds count for its memory cgroup or its file size.
	mkdir -p "$T/mnt"
	echo "$T/mnt" >> "$T/mounts"
	(ulimit -f 64; "$BIN/crfs" -o "cgroup=$CG" "$T/mnt" 3>&-)
	run bash -c 'head -c 10M /dev/zero > "$1/big"' _ "$T/mnt"
	[ "$status" -ne 0 ]
	cg_empty "$CG"
	[ "$(crfs_state "$T/mnt")" = staging ]
}
