#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that are unlinked, as upgrades leave them, or never had a name.
load ../../helpers

@test "mm/program: one that is unlinked" { roundtrip mm/program; }
@test "mm/program: one in whose place another file is" { roundtrip mm/program replaced; }
@test "mm/program: a sealed memfd" { roundtrip mm/program memfd; }
@test "mm/program: parent and child of two that had the same name" { roundtrip mm/program two; }

@test "mm/program: an inode that is none is refused" {
	work_start mm/program
	checkpoint "$T/ckpt.tar"
	mkdir "$T/tree"
	tar xf "$T/ckpt.tar" -C "$T/tree"
	chmod -R u+w "$T/tree"
	echo "inode 77" > "$T/tree/mms/1/program"
	remanifest "$T/tree"
	cr_mount "$CG" "$T/mnt"
	run cp -a "$T/tree/." "$T/mnt/"
	[ "$status" -ne 0 ]
	grep -q 'program: inode 77: no such file' "$T/mnt/.crfs/error"
}
