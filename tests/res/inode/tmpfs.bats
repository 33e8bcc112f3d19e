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

@test "an extended attribute of a file in it is lost by name" {
	to_look 'mkdir a; mount -t tmpfs none a; echo > a/f; python3 -c "import os; os.setxattr(\"a/f\", \"trusted.x\", b\"1\")"'
	grep -qE '^ENODATA inodes/[0-9]+: lost: extended attribute [a-z]+\.x of f in a tmpfs$' "$T/mnt/unsupported"
}
