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
	cp "$T/ckpt.tar" "$BATS_FILE_TMPDIR/whole.tar"
	export BAD_PID=$PID BAD_LOG=$LOG BAD_GO=$CRFS_GO BAD_CG=$CG
}

teardown_file() {
	T=$BATS_FILE_TMPDIR
	kill_all "$BAD_CG"
	cg_del "$BAD_CG"
}

# stage [OPTIONS]: a staging mount of a fresh cgroup with everything but the manifest in it
stage() {
	cg_new bad
	echo 1 > "$CG/cgroup.freeze"
	cr_mount "$CG" "$T/mnt" "${1:-}"
	DAEMON=$(pgrep -f "^[^ ]*/crfs -o cgroup=$CG")
	fill
	[ "$(crfs_state "$T/mnt")" = staging ]
}

# In the order in which a mount is read: then a manifest that comes last means that all should be there.
fill() {
	sed 's/^XXH64 (\(.*\)) = .*/\1/' "$BAD_BASE/manifest" |
		tar cf - -C "$BAD_BASE" --no-recursion -T - | tar xf - -C "$T/mnt"
}

# nothing_made: no task, no cgroup, nobody who was to become one
nothing_made() {
	cg_empty "$CG" || { echo "tasks were made"; return 1; }
	[ -z "$(find "$CG" -mindepth 1 -type d)" ] || { echo "cgroups were made"; return 1; }
	if [ -n "${DAEMON:-}" ]; then
		[ -d "/proc/$DAEMON" ] || { echo "the daemon is gone"; return 1; }
		[ -z "$(cat "/proc/$DAEMON"/task/*/children)" ] || { echo "the daemon has children"; return 1; }
	fi
	# In a pid that was given to somebody else there is somebody else; what we make has our environment.
	if grep -qsz "^CRFS_TEST_ID=$CRFS_TEST_ID\$" "/proc/$BAD_PID/environ"; then
		echo "task $BAD_PID is there"
		return 1
	fi
}

# reasons MNT: there are some, and each has the form ERRNO object: what was tried: what to do
reasons() {
	[ -s "$1/.crfs/error" ] || { echo "no reason is given"; return 1; }
	if grep -vE '^E[A-Z0-9]+ [^ :]+: [^ ].*' "$1/.crfs/error"; then
		echo "which is no reason of the form ERRNO object: text"
		return 1
	fi
	[[ "$(crfs_state "$1")" =~ ^(staging|failed)$ ]] || { echo "the state is $(crfs_state "$1")"; return 1; }
}

# refused: the manifest completes the tree, and that fails; nothing is there
# names_missing MANIFEST: does it name a file that is not there? It may be on its way.
names_missing() {
	local f
	while read -r f; do
		[ -e "$T/mnt/$f" ] || return 0
	done < <(sed -nE 's/^XXH64 \((.*)\) = [0-9a-f]{16}$/\1/p' "$1")
	return 1
}

refused() {
	if timeout 20 cp "${1:-$BAD_BASE/manifest}" "$T/mnt/manifest" 2> "$T/cp.err"; then
		# Only one that has to wait for a file may be taken; who asks is told.
		names_missing "${1:-$BAD_BASE/manifest}" || { echo "cp says nothing"; return 1; }
		[[ "$(crfs_state "$T/mnt")" =~ ^(staging|failed)$ ]] || { echo "accepted"; return 1; }
		! echo check 2> /dev/null > "$T/mnt/.crfs/ctl" || { echo "check passed"; return 1; }
	fi
	nothing_made
	reasons "$T/mnt"
	rm "$T/mnt/manifest"
}

# refused_or_made: a change may also mean another good tree; what that makes is frozen, and ended
refused_or_made() {
	if timeout 20 cp "$1" "$T/mnt/manifest" 2> "$T/cp.err"; then
		[ "$(crfs_state "$T/mnt")" = frozen ]
		kill_all "$CG"
		fill
		made=$((made + 1))
		return
	fi
	nothing_made
	reasons "$T/mnt"
	rm "$T/mnt/manifest"
}

# still_good: after all that, the good tree restores and passes. The container has its log open.
still_good() {
	local before
	before=$(grep -cx pass "$BAD_LOG") || true
	cp "$BAD_BASE/manifest" "$T/mnt/manifest"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	: > "$BAD_GO"
	thaw "$CG"
	wait_for cg_empty "$CG"
	[ "$(grep -cx pass "$BAD_LOG")" = $((before + 1)) ]
	rm -f "$BAD_GO"
	wait_for pid_gone "$BAD_PID"
}

files() {
	(cd "$BAD_BASE" && find . -type f ! -name manifest -size +0 -printf '%P\n' | LC_ALL=C sort)
}

# put FILE: the good one again
put() {
	cat "$BAD_BASE/$1" > "$T/mnt/$1"
}

# put_flipped FILE: with one bit flipped
put_flipped() {
	local n
	n=$(stat -c %s "$BAD_BASE/$1")
	python3 - "$BAD_BASE/$1" "$T/mnt/$1" $((n * 5 / 7)) <<-'END'
	import sys
	b = bytearray(open(sys.argv[1], "rb").read())
	b[int(sys.argv[3])] ^= 1
	open(sys.argv[2], "wb").write(b)
	END
}

# renewed FILE: the manifest with the digest that FILE has now, into $T/manifest
renewed() {
	grep -vF "($1)" "$BAD_BASE/manifest" > "$T/manifest"
	(cd "$T/mnt" && xxhsum -H64 --tag "$1" 2>/dev/null) >> "$T/manifest"
}

@test "one bit flipped, in each file" {
	stage
	for f in $(files); do
		echo "flip $f"
		put_flipped "$f"
		refused
		grep -q " $f: " "$T/mnt/.crfs/error" || { cat "$T/mnt/.crfs/error"; false; }
		put "$f"
	done
	still_good
}

@test "one bit flipped, in each file, and the manifest renewed" {
	stage
	made=0 n=0
	for f in $(files); do
		# One run of pages with other bytes is as good as any other.
		case $f in mms/*/pages/*) [ "$made" -lt 2 ] || continue ;; esac
		echo "flip $f"
		put_flipped "$f"
		renewed "$f"
		refused_or_made "$T/manifest"
		put "$f"
		n=$((n + 1))
	done
	echo "$made of $n were trees"
	[ "$made" -lt "$n" ]
	still_good
}

@test "one bit flipped in the manifest" {
	stage
	n=$(stat -c %s "$BAD_BASE/manifest")
	for at in 0 $((n / 5)) $((n / 3)) $((n / 2)) $((n - 20)) $((n - 1)); do
		python3 - "$BAD_BASE/manifest" "$T/manifest" "$at" <<-'END'
		import sys
		b = bytearray(open(sys.argv[1], "rb").read())
		b[int(sys.argv[3])] ^= 1
		open(sys.argv[2], "wb").write(b)
		END
		echo "flip $at"
		refused "$T/manifest"
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

@test "each file truncated, and the manifest renewed" {
	stage
	made=0
	for f in $(files); do
		echo "truncate $f"
		n=$(stat -c %s "$BAD_BASE/$f")
		truncate -s $((n / 2 - 1)) "$T/mnt/$f"
		renewed "$f"
		refused "$T/manifest"
		grep -qE " ($f:|${f%/*}: |${f%/pages/*}: .*pages/${f##*/}:)" "$T/mnt/.crfs/error" ||
			{ cat "$T/mnt/.crfs/error"; false; }
		put "$f"
	done
	still_good
}

@test "each file missing: the restore does not begin, and check says so" {
	stage
	for f in $(files); do
		rm "$T/mnt/$f"
		cp "$BAD_BASE/manifest" "$T/mnt/manifest" 2>/dev/null || true
		nothing_made
		[ "$(crfs_state "$T/mnt")" != frozen ]
		echo check > "$T/mnt/.crfs/ctl" || true
		reasons "$T/mnt"
		grep -q " $f: " "$T/mnt/.crfs/error" || { echo "$f:"; cat "$T/mnt/.crfs/error"; false; }
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
		# What is as by default has no file; so a tree without one is a tree of that.
		case $f in */sigactions|*/signals|*/sigpending|*/timers|*/seccomp) continue ;; esac
		echo "without $f"
		rm "$T/mnt/$f"
		grep -vF "($f)" "$BAD_BASE/manifest" > "$T/manifest"
		refused "$T/manifest"
		put "$f"
	done
	still_good
}

@test "the archive cut off anywhere: tar fails and nothing is made" {
	whole=$BATS_FILE_TMPDIR/whole.tar
	size=$(tar tvf "$whole" --block-number | sed -n 's/^block \([0-9]*\): .*EOF.*/\1/p')
	size=$((${size:-$(($(stat -c %s "$whole") / 512))} * 512))
	for part in 1 3 5 7 9; do
		cg_new cut
		cr_mount "$CG" "$T/cut$part"
		head -c $((size * part / 10 - 100)) "$whole" > "$T/cut.tar"
		run tar xf "$T/cut.tar" -C "$T/cut$part"
		[ "$status" -ne 0 ]
		cg_empty "$CG"
		grep -qE '^(staging|failed)$' "$T/cut$part/.crfs/state"
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
	refused
	grep -q " tasks/$BAD_PID/creds: " "$T/mnt/.crfs/error"
	sed "s|/creds)|/credits)|" "$BAD_BASE/manifest" > "$T/manifest"
	refused "$T/manifest"
	grep -q " tasks/$BAD_PID/credits: " "$T/mnt/.crfs/error"
	mv "$T/mnt/tasks/$BAD_PID/credits" "$T/mnt/tasks/$BAD_PID/creds"
	{ cat "$BAD_BASE/manifest"; grep '(header)' "$BAD_BASE/manifest"; } > "$T/manifest"
	refused "$T/manifest"
	# The same file under a second name, that of an object which nothing refers to.
	cp "$T/mnt/files/3" "$T/mnt/files/4"
	{ cat "$BAD_BASE/manifest"; (cd "$T/mnt" && xxhsum -H64 --tag files/4); } > "$T/manifest"
	refused "$T/manifest"
	grep -q ' files/4: ' "$T/mnt/.crfs/error"
	rm "$T/mnt/files/4"
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
	# Take the pid: the next one given is last_pid + 1, if nobody else forks just then. What is not yet sleep(1) may
	# not die of a SIGTERM.
	for ((i = 0; i < 100; i++)); do
		echo $((BAD_PID - 1)) > /proc/sys/kernel/ns_last_pid
		sleep 1000 3>&- &
		taken=$!
		[ "$taken" != "$BAD_PID" ] || break
		kill -KILL "$taken"
	done
	[ "$taken" = "$BAD_PID" ]
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
	for policy in files=same files=strict files=lax; do
		stage "$policy"
		f=$BATS_FILE_TMPDIR/work/base.txt
		mv "$f" "$f.away"
		refused
		grep -q "^ENOENT files/3: .*base.txt" "$T/mnt/.crfs/error"
		mkdir "$f"
		refused
		grep -q '^E[A-Z]* files/3: .*base.txt' "$T/mnt/.crfs/error"
		rmdir "$f"
		mkfifo "$f"
		refused
		grep -q '^E[A-Z]* files/3: .*base.txt' "$T/mnt/.crfs/error"
		rm "$f"
		: > "$f"
		refused
		grep -q '^ESTALE files/3: .*base.txt' "$T/mnt/.crfs/error"
		mv "$f.away" "$f"
		cr_umount "$T/mnt"
	done
}

@test "an open file changed: refused by files=strict, no matter else" {
	f=$BATS_FILE_TMPDIR/work/base.txt
	stage files=strict
	cp -p "$f" "$f.away"
	echo more >> "$f"
	refused
	grep -q '^ESTALE files/3: .*base.txt' "$T/mnt/.crfs/error"
	cr_umount "$T/mnt"
	for policy in files=same files=lax; do
		stage "$policy"
		truncate -s 10 "$f"
		still_good
		cr_umount "$T/mnt"
	done
	rm "$f.away"
}

# The program is one of its own, so that it can be changed.
@test "a program gone, changed, replaced by the same" {
	cp "$WORK/base" "$T/prog"
	WORK=$T work_start prog
	checkpoint "$T/ckpt.tar"
	for policy in files=same files=strict files=lax; do
		echo "$policy"
		cr_mount "$CG" "$T/mnt" "$policy"
		mv "$T/prog" "$T/away"
		run tar xf "$T/ckpt.tar" -C "$T/mnt"
		[ "$status" -ne 0 ]
		reasons "$T/mnt"
		grep -q '^ENOENT mms/1: .*/prog' "$T/mnt/.crfs/error"
		cg_empty "$CG"
		# Another program, not shorter: only lax takes it.
		{ cat "$WORK/task/tree"; head -c 100000 /dev/zero; } > "$T/prog"
		chmod 755 "$T/prog"
		if [ "$policy" != files=lax ]; then
			run tar xf "$T/ckpt.tar" -C "$T/mnt"
			[ "$status" -ne 0 ]
			reasons "$T/mnt"
			grep -q '^ESTALE mms/1: .*/prog' "$T/mnt/.crfs/error"
			cg_empty "$CG"
		fi
		# The same, installed again: same asks for the build-id, strict for the time too.
		cp "$T/away" "$T/prog"
		find "$T/mnt" -mindepth 1 -delete
		run tar xf "$T/ckpt.tar" -C "$T/mnt"
		echo "$output"
		if [ "$policy" = files=strict ]; then
			[ "$status" -ne 0 ]
			reasons "$T/mnt"
		else
			[ "$status" -eq 0 ]
			kill_all "$CG"
		fi
		cr_umount "$T/mnt"
		mv "$T/away" "$T/prog"
	done
}

@test "a mounter without the rights: EPERM, and nothing is made" {
	stage
	cr_umount "$T/mnt"
	cr_daemon_without=-sys_ptrace,-setuid,-setgid,-setpcap,-sys_resource,-checkpoint_restore
	cg_new weak
	echo 1 > "$CG/cgroup.freeze"
	mkdir -p "$T/weak"
	echo "$T/weak" >> "$T/mounts"
	timeout 30 setpriv --inh-caps -all --bounding-set "$cr_daemon_without" \
		"$BIN/crfs" -o "cgroup=$CG" "$T/weak" < /dev/null 3>&-
	DAEMON=$(pgrep -f "^[^ ]*/crfs -o cgroup=$CG")
	run tar xf "$BATS_FILE_TMPDIR/whole.tar" -C "$T/weak"
	[ "$status" -ne 0 ]
	cat "$T/weak/.crfs/error"
	nothing_made
	reasons "$T/weak"
	grep -q '^EPERM ' "$T/weak/.crfs/error"
}

# As a user who may mount and own a cgroup, and nothing else. Where udev does not open /dev/fuse to all,
# a mount namespace has one that is.
as_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
user_restores() {
	mknod -m 666 "$T/fuse" c 10 229
	mount --bind "$T/fuse" /dev/fuse
	as_user "$T/crfs" -o "cgroup=$CG" "$T/user" < /dev/null 3>&- || { echo "cannot mount"; return 0; }
	as_user tar xf "$T/whole.tar" --no-same-owner -C "$T/user"
	s=$?
	as_user cat "$T/user/.crfs/error"
	umount "$T/user"
	return $s
}

@test "a mounter who is not root: EPERM, and nothing is made" {
	[ -u "$(command -v fusermount3)" ]
	cg_new user
	chown -R 65534:65534 "$CG"
	mkdir -p "$T/user"
	chown 65534:65534 "$T/user"
	chmod 755 "$T/user"
	cp "$BIN/crfs" "$T/crfs"
	cp "$BATS_FILE_TMPDIR/whole.tar" "$T/whole.tar"
	chmod a+r "$T/whole.tar"
	export T CG
	export -f as_user user_restores
	run unshare --mount --propagation private timeout 60 bash -c user_restores
	echo "$output"
	[ "$status" -ne 0 ]
	nothing_made
	grep -qE '^E(PERM|ACCES) [^ :]+: ' <<< "$output"
}

@test "no space for staging: tar fails, nothing is made" {
	cg_new nospace
	# A limit on what the daemon may hold: its memfds count for its memory cgroup or its file size.
	mkdir -p "$T/mnt"
	echo "$T/mnt" >> "$T/mounts"
	(ulimit -f 64; "$BIN/crfs" -o "cgroup=$CG" "$T/mnt" < /dev/null 3>&-)
	run bash -c 'head -c 10M /dev/zero > "$1/big"' _ "$T/mnt"
	[ "$status" -ne 0 ]
	[ "$(crfs_state "$T/mnt")" = staging ]
	rm "$T/mnt/big"
	mkdir -p "$T/tree/mms/1/pages"
	tar xf "$BATS_FILE_TMPDIR/whole.tar" -C "$T/tree"
	chmod -R u+w "$T/tree"
	head -c 1M /dev/urandom > "$T/tree/mms/1/pages/10000"
	sed -i "1s|^|XXH64 (mms/1/pages/10000) = 0000000000000000\n|" "$T/tree/manifest"
	remanifest "$T/tree"
	run tar xf <(tar cf - -C "$T/tree" .) -C "$T/mnt"
	[ "$status" -ne 0 ]
	nothing_made
	grep -qE '^(staging|failed)$' "$T/mnt/.crfs/state"
}
