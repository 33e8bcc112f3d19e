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

@test "a watch in a filesystem of which another part is mounted first comes back" {
	cg_new part
	LOG=$T/work.log
	export CRFS_GO=$T/go
	start_ns_in "$CG" bash -c 'mkdir a b t; mount -t tmpfs none t; mkdir t/sub t/w; : > t/w/f
		mount --bind t/sub a; mount --bind t b; umount t
		exec python3 -c "
import ctypes, os, time
c = ctypes.CDLL(None)
fd = c.inotify_init1(0)
assert c.inotify_add_watch(fd, b\"b/w/f\", 2) == 1
print(\"ready\", flush=True)
while not os.path.exists(os.environ[\"CRFS_GO\"]):
    time.sleep(0.05)
os.system(\"echo x > b/w/f\")
assert os.read(fd, 100)[:8] == b\"\1\0\0\0\2\0\0\0\"
print(\"pass\", flush=True)"'
	wait_for grep -qx ready "$LOG"
	there_and_back
	work_verify
}
