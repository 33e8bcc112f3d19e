#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# From 1024 on descriptions stand in groups: what is in them comes back, and errors name them.
load ../../helpers

# refused TREE REGEX: with right digests it is, and that is the sentence
refused() {
	remanifest "$1"
	tar cf "$T/bad.tar" -C "$1" .
	cr_mount "$CG" "$T/mnt"
	not tar xf "$T/bad.tar" -C "$T/mnt" 2> "$T/tar.err"
	grep -qE "$2" "$T/mnt/.crfs/error" || { echo "wanted: $2"; cat "$T/mnt/.crfs/error"; false; }
	cg_empty "$CG"
	cr_umount "$T/mnt"
}

@test "fd/groups comes back" {
	roundtrip fd/groups
}

@test "fd/groups with sockets, and descriptors in flight on both sides of the line, comes back" {
	roundtrip fd/groups sockets
}

@test "a group holds 256 descriptions, ascending, and nothing else has their numbers" {
	work_start fd/groups
	checkpoint "$T/ckpt.tar"
	mkdir "$T/tree"
	tar xf "$T/ckpt.tar" -C "$T/tree"
	cd "$T/tree/files"
	[ "$(ls | awk '$1 >= 1024' | sort -n | tr '\n' ' ')" = "1024 1280 1536 " ]
	[ "$(ls | awk '$1 < 1024' | wc -l)" -eq 1023 ]
	for g in 1024 1280; do
		[ "$(sed -n 's/^file //p' $g)" = "$(seq $g $((g + 255)))" ]
	done
	[ "$(sed -n 's/^file //p' 1536 | head -n 1)" = 1536 ]
	sed -n 2p 1024 | grep -qx ''
}

@test "a description in a group is named by its number, a line by its file" {
	work_start fd/groups
	checkpoint "$T/ckpt.tar"
	mkdir "$T/tree"
	tar xf "$T/ckpt.tar" -C "$T/tree"
	local id line
	id=$(awk '$1 == "file" { id = $2 } $1 == "path" && $2 == "/dev/null" { print id; exit }' "$T/tree/files/1024")
	awk -v id="$id" '$1 == "file" { at = $2 } at == id && $1 == "path" { $2 = "/dev/zero" } { print }' \
		"$T/tree/files/1024" > "$T/new"
	cat "$T/new" > "$T/tree/files/1024"
	refused "$T/tree" "^E[A-Z]* files/$id: /dev/zero is not device 1:3"
	line=$(grep -n -m 1 '^pos ' "$T/tree/files/1280" | cut -d : -f 1)
	sed -i "${line}s/.*/pos x/" "$T/tree/files/1280"
	refused "$T/tree" "^EINVAL files/1280: line $line: .*\"pos\""
}
