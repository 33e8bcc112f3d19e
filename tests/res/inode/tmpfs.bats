#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is in a tmpfs of the container's own comes back; one that is mounted twice is refused.
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

@test "a tmpfs that is mounted twice is refused" {
	to_look 'mkdir a b; mount -t tmpfs none a; mount --bind a b'
	grep -qE '^EOPNOTSUPP ns/mnt-[0-9]+: mount .*/b shows the same tmpfs as .*/a: unmount one$' "$T/mnt/unsupported"
}

@test "a tmpfs that is mounted over is refused" {
	to_look 'mkdir a; mount -t tmpfs none a; mount -t tmpfs none a'
	grep -qE '^EOPNOTSUPP ns/mnt-[0-9]+: mount .*/a: a tmpfs of its own that is mounted over: unmount one$' "$T/mnt/unsupported"
}

@test "an extended attribute of a file in it is lost by name" {
	to_look 'mkdir a; mount -t tmpfs none a; echo > a/f; python3 -c "import os; os.setxattr(\"a/f\", \"trusted.x\", b\"1\")"'
	grep -qE '^ENODATA inodes/[0-9]+: lost: extended attribute [a-z]+\.x of f in a tmpfs$' "$T/mnt/unsupported"
}
