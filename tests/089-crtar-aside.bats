#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever crtar writes has its name when it is whole, and not before; and what is no file stays what it is.
load helpers
load crtar

# One checkpoint serves all tests of this file; its container is gone.
setup_file() {
	T=$BATS_FILE_TMPDIR
	export CKPT=$T/0.tar NEXT=$T/1.tar KEY=$T/sec
	mkdir -p "$T/work"
	: > "$T/cgroups"; : > "$T/mounts"; : > "$T/pids"
	chmod a+x "$BATS_RUN_TMPDIR" "$T"
	work_start mm/pages
	freeze "$CG"
	crtar create --cgroup "$CG" -o digest=sha256 -f "$CKPT"
	crtar create --cgroup "$CG" -o digest=sha256 --since "$CKPT" -f "$NEXT"
	kill_all "$CG"
	cg_del "$CG"
	export CKPT_PID=$PID
	minisign -G -W -f -p "$T/pub" -s "$KEY" > /dev/null
}

# Commands that write a file, with what of their answer can be told from nonsense
WRITERS="create convert merge core map report sign exec-image"
# into WRITER FILE
into() {
	case $1 in
	create) crtar create --from "$CKPT" -f "$2" ;;
	convert) crtar convert --to tar "$CKPT" "$2" ;;
	merge) crtar merge -f "$2" "$CKPT" "$NEXT" ;;
	core) crtar core -p "$CKPT_PID" -o "$2" "$CKPT" ;;
	map) crtar map -o "$2" "$CKPT" ;;
	report) crtar report -o "$2" "$CKPT" ;;
	sign) crtar sign --key "$KEY" -o "$2" "$CKPT" ;;
	exec-image) crtar exec-image -o "$2" "$CKPT" ;;
	esac
}
# whole WRITER FILE
whole() {
	case $1 in
	create|convert|merge) crtar verify -q "$2" ;;
	core) readelf -h "$2" | grep -q CORE ;;
	map) tail -n 1 "$2" | grep -q '</svg>' ;;
	report) tail -n 1 "$2" | grep -q '</html>' ;;
	sign) [ "$(wc -l < "$2")" = 4 ] ;;
	exec-image) [ "$("$2" --help | head -c 6)" = Usage: ] ;;
	esac
}

# refused WRITER FILE ERRNO: one sentence, and nothing beside what was there
refused() {
	local before
	before=$(ls -A "$(dirname "$2")")
	run into "$1" "$2"
	echo "$1: $output"
	[ "$status" = 1 ]
	[[ ${lines[0]} == "crtar: $3 "* ]]
	[ "${#lines[@]}" = 1 ]
	[ "$(ls -A "$(dirname "$2")")" = "$before" ]
}

@test "a new file, and one in the place of another, for its owner alone but for a signature" {
	local w mode
	for w in $WRITERS; do
		into "$w" "$T/new"
		whole "$w" "$T/new"
		mode=600
		[ "$w" != sign ] || mode=644
		[ "$w" != exec-image ] || mode=700
		[ "$(stat -c %a "$T/new")" = $mode ]
		head -c 9000000 /dev/zero > "$T/old"
		chmod 666 "$T/old"
		into "$w" "$T/old"
		cmp "$T/new" "$T/old" || [ "$w" = sign ] || [ "$w" = exec-image ]
		whole "$w" "$T/old"
		[ "$(stat -c %a "$T/old")" = $mode ]
		rm "$T/new" "$T/old"
	done
	[ -z "$(find "$T" -maxdepth 1 -name '*.??????')" ]
}

@test "no room: what had the name has it still" {
	local w
	mkdir "$T/small"
	mount -t tmpfs -o size=4k none "$T/small"
	echo "$T/small" >> "$T/mounts"
	echo old > "$T/small/x"		# which takes all there is
	for w in $WRITERS; do
		refused "$w" "$T/small/x" ENOSPC
		[ "$(cat "$T/small/x")" = old ]
	done
}

@test "killed with SIGKILL in the middle: there is nothing of it, and what had the name has it still" {
	local ms n=0
	echo old > "$T/old"
	for ms in 5 10 20 40; do
		for f in new old; do
			"$BIN/crtar" convert --xz --to tar "$CKPT" "$T/$f" 2> /dev/null 3>&- 4>&- & C=$!
			sleep "0.$(printf %03d "$ms")"
			kill -KILL "$C" 2> /dev/null || true
			if wait "$C"; then
				rm "$T/$f"
				echo old > "$T/old"
				continue
			fi
			n=$((n + 1))
			[ ! -e "$T/new" ]
			[ "$(cat "$T/old")" = old ]
			[ -z "$(find "$T" -maxdepth 1 -name '*.??????')" ]
		done
	done
	[ $n -gt 3 ]
}

@test "a directory that cannot be written, one that is not there, and the name of one" {
	local w
	mkdir "$T/ro" "$T/dir"
	mount -t tmpfs -o ro none "$T/ro"
	echo "$T/ro" >> "$T/mounts"
	for w in $WRITERS; do
		refused "$w" "$T/ro/x" EROFS
		refused "$w" "$T/dir" EISDIR
		run into "$w" "$T/not/there"
		[ "$status" = 1 ]
		[[ $output == "crtar: ENOENT $T/not/there: "* ]]
	done
	[ -z "$(ls -A "$T/dir")" ]
}

@test "a device is written and stays one, a FIFO has a reader, a link stays a link" {
	local w
	mknod "$T/null" c 1 3
	mknod "$T/full" c 1 7
	mkfifo "$T/fifo"
	for w in $WRITERS; do
		if [ "$w" = exec-image ]; then
			refused "$w" "$T/null" EINVAL
		else
			into "$w" "$T/null"
			refused "$w" "$T/full" ENOSPC
			head -c 9000000 /dev/zero > "$T/target"
			ln -s target "$T/link"
			into "$w" "$T/link"
			[ -L "$T/link" ]
			whole "$w" "$T/target"
			timeout 20 cat "$T/fifo" > "$T/got" 3>&- 4>&- & R=$!
			into "$w" "$T/fifo"
			wait "$R"
			cmp "$T/got" "$T/target" || [ "$w" = sign ]
			rm "$T/link" "$T/target" "$T/got"
		fi
		[ "$(stat -c %F:%a "$T/null")" = "character special file:$(stat -c %a "$T/full")" ]
		[ -p "$T/fifo" ]
	done
}

@test "a directory takes no other's place, nor a link's, and is whole or not there" {
	mkdir "$T/small" "$T/there"
	ln -s nowhere "$T/link"
	for d in there link; do
		run crtar convert "$CKPT" "$T/$d/"
		echo "$output"
		[ "$status" = 1 ]
		[[ $output == "crtar: EEXIST $T/$d: it exists: "* ]]
	done
	[ ! -e "$T/nowhere" ]
	mount -t tmpfs -o size=400k none "$T/small"
	echo "$T/small" >> "$T/mounts"
	for to in dir criu; do
		run crtar convert --to $to "$CKPT" "$T/small/x"
		echo "$output"
		[ "$status" = 1 ]
		[[ $output == *"ENOSPC "* ]]
		[ -z "$(ls -A "$T/small")" ]
	done
	crtar convert "$CKPT" "$T/new/"
	crtar verify -q "$T/new"
	[ "$(stat -c %a "$T/new")" = 500 ]
}
