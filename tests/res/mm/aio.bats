#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Contexts of asynchronous I/O, and what was not fetched from them.
load ../../helpers

@test "mm/aio comes back" {
	roundtrip mm/aio
}

@test "mm/aio_flying: a request in flight is counted and refused" {
	work_start mm/aio_flying
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EAGAIN mms/[0-9]+: mapping .*\[aio\].*: an AIO context with 1 requests in flight' "$T/mnt/unsupported"
	run cat "$T/mnt/manifest"
	[ "$status" -ne 0 ]
	thaw "$CG"
	work_verify
}

# The request is done while the view is taken: what it tells others is in the tree, too.
@test "mm/aio_waits: a request that is done in a moment is waited for" {
	work_start mm/aio_waits
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	( sleep 0.1; chmod 600 "$T/work/watched" ) 3>&- 4>&- &
	no_unsupported "$T/mnt"
	timeout -k 5 120 tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	tar xOf "$T/ckpt.tar" ./mms/1/aio | grep -qE '^0x[0-9a-f]+ 4 [0-9]+ 0 1$'
	tar xOf "$T/ckpt.tar" --wildcards './files/*' > "$T/files"
	cat "$T/files"
	grep -qx 'count 1' "$T/files"
	restore "$T/ckpt.tar"
	fixed_point "$T/ckpt.tar"
	thaw "$CG"
	work_verify
}

# edit SED: the file aio is another, and the digests are right
edit() {
	rm -rf "$T/tree"
	mkdir "$T/tree"
	tar xf "$T/ckpt.tar" -C "$T/tree"
	chmod -R u+w "$T/tree"
	sed -i -E "$1" "$T"/tree/mms/1/aio
	remanifest "$T/tree"
}

@test "mm/aio: what does not fit together is refused" {
	work_start mm/aio
	checkpoint "$T/ckpt.tar"
	cr_mount "$CG" "$T/mnt"
	for e in '2d' '$d' '2s/^0x7/0x6/' '2s/ [0-9]+ ([0-9]+ [0-9]+)$/ 5 \1/' '3s/[0-9]+$/9999999/' '4s/ [0-9]+ / 0 /' '$p'; do
		edit "$e"
		if tar cf - -C "$T/tree" . | timeout -k 5 30 tar xf - -C "$T/mnt" 2> /dev/null; then return 1; fi
		head -n 3 "$T/mnt/.crfs/error"
		grep -qE '^EINVAL mms/1: aio: (row|event|[0-9]+ contexts)' "$T/mnt/.crfs/error" || { echo "$e"; return 1; }
		cg_empty "$CG"
		find "$T/mnt" -mindepth 1 -delete
	done
}

@test "mm/aio comes back when its pages come while it is made" {
	load ../../crtar
	packed mm/aio
	crtar restore --cgroup "$CG" -f "$T/ckpt.tar"
	thaw "$CG"
	work_verify
}
