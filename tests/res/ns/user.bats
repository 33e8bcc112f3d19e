#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# User namespaces: with and without maps, in each other, rootless; a container in one, with all that belongs to it.
load ../../helpers

@test "ns/user comes back" {
	roundtrip ns/user
}

@test "a container in a user namespace" {
	STARTER=start_user_in roundtrip ns/user inside
}

@test "a rootless container" {
	USER_KIND=rootless STARTER=start_user_in roundtrip ns/user alone
}

@test "a process with threads in a user namespace, and none of pids" {
	cg_new user
	start_in "$CG" unshare --user --map-root-user python3 -c 'import threading, time
threading.Thread(target=time.sleep, args=(100,)).start(); print("ready", flush=True); time.sleep(100)'
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt"
	cat "$T/mnt/unsupported"
	grep -qE '^EOPNOTSUPP tasks/[0-9]+: has threads, and a user namespace without pids of its own: ' "$T/mnt/unsupported"
}
