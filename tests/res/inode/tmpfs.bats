#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is in a tmpfs of the container's own comes back, also if it is mounted twice.
load ../../helpers

@test "inode/tmpfs comes back" {
	STARTER=start_ns_in roundtrip inode/tmpfs
}

# to_look SCRIPT: it runs in namespaces of its own, and is frozen and mounted when it says ready
to_look() {
	cg_new tmpfs
	LOG=$T/work.log
	start_ns_in "$CG" bash -c "$1; echo ready; sleep 1000"
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
}

@test "a tmpfs that is mounted twice, in part and over a file comes back" {
	cg_new tmpfs
	LOG=$T/work.log
	export CRFS_GO=$T/go
	start_ns_in "$CG" bash -c 'mkdir a b c; touch f; mount -t tmpfs none c; mkdir -p c/x/y; echo 1 > c/x/y/z
		mount --bind c a; mount --bind c/x b; mount --bind c/x/y/z f; mount -o remount,bind,ro f
		echo ready; while [ ! -e "$CRFS_GO" ]; do sleep 0.05; done
		echo 2 > a/x/y/z; ! echo 3 > f || exit; [ "$(cat b/y/z f)" = "2
2" ] && echo pass'
	wait_for grep -qx ready "$LOG"
	there_and_back
	work_verify
}

@test "a tmpfs that is mounted over is refused" {
	to_look 'mkdir a; mount -t tmpfs none a; mount -t tmpfs none a'
	grep -qE '^EOPNOTSUPP ns/mnt-[0-9]+: mount .*/a: a tmpfs of its own that is mounted over: unmount one$' "$T/mnt/unsupported"
}

@test "a ramfs comes back with its content, filesystems of which there is one are mounted again" {
	cg_new ramfs
	LOG=$T/work.log
	export CRFS_GO=$T/go
	start_ns_in "$CG" bash -c 'mkdir a h f; mount -t ramfs -o mode=700 none a; mount -t hugetlbfs none h
		mount -t fusectl none f; mkdir a/d; echo 1 > a/d/x; echo ready
		while [ ! -e "$CRFS_GO" ]; do sleep 0.05; done
		[ "$(stat -fc %T a h)" = "ramfs
hugetlbfs" ] && [ "$(cat a/d/x; stat -c %a a)" = "1
700" ] && mountpoint -q f && echo 2 > a/d/x && echo pass'
	wait_for grep -qx ready "$LOG"
	there_and_back
	work_verify
}

@test "what is in a hugetlbfs of its own is refused" {
	to_look 'mkdir h; mount -t hugetlbfs none h; : > h/f'
	grep -qE '^EOPNOTSUPP ns/mnt-[0-9]+: mount .*/h \(hugetlbfs\): what is in it cannot be carried: remove it$' "$T/mnt/unsupported"
}
