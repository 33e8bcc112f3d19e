#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Names of anonymous mappings (PR_SET_VMA_ANON_NAME).
load ../../helpers

@test "mm/names comes back" {
	roundtrip mm/names
}

# A name that was given on another machine; a kernel without names restores all but it.
@test "a tree with a name restores on every kernel" {
	work_start mm/names
	checkpoint "$T/ckpt.tar"
	mkdir "$T/edit"
	tar xf "$T/ckpt.tar" -C "$T/edit"
	at=$(awk '$3 == "r,w" && $4 == "anon" && $5 == "-" && NF == 10 && $10 == "-" { print $1; exit }' "$T/edit/mms/1/maps")
	[ -n "$at" ]
	sed -i "s/^\($at .*\) -\$/\1 brought\\\\040along/" "$T/edit/mms/1/maps"
	grep -q 'brought.040along' "$T/edit/mms/1/maps"
	remanifest "$T/edit"
	cr_mount "$CG" "$T/mnt"
	tar cf - -C "$T/edit" . | tar xf - -C "$T/mnt"
	[ "$(crfs_state "$T/mnt")" = frozen ]
	names=$(grep -c '\[anon:brought along\]' "/proc/$PID/maps" || true)
	echo "names: $names"
	thaw "$CG"
	work_verify
}
