#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Inotify: watches with their numbers and masks; events that were not read.
load ../../helpers

@test "fd/inotify comes back" {
	roundtrip fd/inotify
}

@test "watches of who has another root come back" {
	cg_new chroot
	LOG=$T/work.log
	CRFS_GO=/go start_in "$CG" "$WORK/fd/inotify" chroot
	wait_for grep -qx ready "$LOG"
	there_and_back
	CRFS_GO=$T/work/go work_verify
}

@test "events of every kind that were not read come back" {
	roundtrip fd/inotify_queue
}

@test "a queue that is full, and was told so, comes back" {
	roundtrip fd/inotify_queue full
}

@test "an overflow with events before and behind it comes back" {
	roundtrip fd/inotify_queue among
}

@test "an overflow that is first comes back" {
	roundtrip fd/inotify_queue ahead
}

@test "a queue with room for one event more comes back" {
	roundtrip fd/inotify_queue nearly
}

# lossy SENTENCE WORKLOAD...: a round trip that is refused with the sentence, without -o lossy on either side
lossy() {
	local sentence=$1
	shift
	work_start "$@"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	grep -E "^ENODATA files/[0-9]+: lost: $sentence" "$T/mnt/unsupported"
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

@test "a queue that is just full gets an overflow, where that is allowed" {
	lossy "that no inotify event more fits: the program will get IN_Q_OVERFLOW behind the last" fd/inotify_queue just
}

@test "half of a move gets another cookie, where that is allowed" {
	lossy "the cookie of a move, one of whose two inotify events may have been read already" fd/inotify_queue half
}

@test "without BTF events are named, and the program would be told" {
	[ -d /sys/kernel/btf ] || skip "no BTF"
	work_start fd/inotify queued
	freeze "$CG"
	mkdir "$T/hidden"
	# shellcheck disable=SC2016
	( close_fds; exec unshare -m bash -c 'mount -t tmpfs none /sys/kernel/btf
		"$1" -o lossy,cgroup="$2" "$3" && cat "$3/unsupported" "$3"/files/*; umount "$3"' \
		_ "$BIN/crfs" "$CG" "$T/hidden" ) > "$T/unsupported" 2>&1 < /dev/null
	cat "$T/unsupported"
	grep -qE "^ENODATA files/[0-9]+: lost: 32 bytes of inotify events not yet read: the program will get IN_Q_OVERFLOW instead" \
		"$T/unsupported"
	grep -qx -- "-1 0x4000 0 -" "$T/unsupported"
	thaw "$CG"
	work_verify
}
