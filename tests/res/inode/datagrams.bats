#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What waits in UDP sockets: from anywhere, in full queues, in the right socket of several.
load ../../helpers

@test "inode/datagrams come back" {
	roundtrip inode/datagrams
}

@test "looking does not change what waits: two views of one generation and the program see the same" {
	work_start inode/datagrams
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	no_unsupported "$T/mnt"
	cp -a "$T/mnt" "$T/one"
	cr_umount "$T/mnt"
	cr_mount "$CG" "$T/mnt"
	cp -a "$T/mnt" "$T/two"
	tree_diff "$T/one" "$T/two"
	cr_umount "$T/mnt"
	thaw "$CG"
	work_verify
}

# ended PID: it is nobody's child, and whoever is process 1 here takes its time to ask for it
ended() {
	pid_gone "$1" || grep -q '^State:.*Z' "/proc/$1/status" 2> /dev/null || pid_gone "$1"
}

@test "crfs killed while it looks: who looked ends by itself, and the socket is as it was" {
	work_start inode/datagrams 20000
	freeze "$CG"
	cr_daemon "$CG" "$T/mnt"
	cat "$T/mnt/header" > /dev/null 2>&1 &
	looker=$!
	wait_for pgrep -x crfs -P "$DAEMON"
	child=$(pgrep -x crfs -P "$DAEMON" | tail -n 1)
	kill -9 "$DAEMON"
	wait "$looker" || true
	umount -l "$T/mnt" || true
	wait_for ended "$child"
	thaw "$CG"
	work_verify
}

@test "thousands in one queue come back" {
	roundtrip inode/datagrams 5000
}
