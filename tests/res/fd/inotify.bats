#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Inotify: watches with their numbers and masks; queued events are a named loss.
load ../../helpers

@test "fd/inotify comes back" {
	roundtrip fd/inotify
}

@test "queued inotify events are lost only where that is allowed, and the program is told" {
	work_start fd/inotify queued
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	grep -qE '^ENODATA files/[0-9]+: lost: [0-9]+ bytes of inotify events' "$T/mnt/unsupported"
	run tar cf "$T/x.tar" -C "$T/mnt" .
	[ "$status" -ne 0 ]
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt" lossy
	tar cf "$T/ckpt.tar" -C "$T/mnt" .
	cr_umount "$T/mnt"
	kill_all "$CG"
	# Who restores must allow it too.
	cr_mount "$CG" "$T/mnt"
	run tar xf "$T/ckpt.tar" -C "$T/mnt"
	[ "$status" -ne 0 ]
	cg_empty "$CG"
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt" lossy
	tar xf "$T/ckpt.tar" -C "$T/mnt"
	thaw "$CG"
	work_verify
}
