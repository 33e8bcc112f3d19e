#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Listeners: TCP on the host's network, unix by name and abstract, with their backlog; no connection.
load ../../helpers

@test "fd/listener comes back" {
	roundtrip fd/listener
}

@test "a listener whose queue is full, and those who get no answer" {
	roundtrip fd/listener_full
}

@test "a connection that is none yet for who listens, as it waits for data, is named" {
	cg_new deferred
	LOG=$T/work.log
	start_in "$CG" python3 -c 'import socket, time
l = socket.socket(); l.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60); l.bind(("127.0.0.1", 0)); l.listen()
s = socket.socket(); s.connect(l.getsockname())
print("ready", flush=True); time.sleep(1000)'
	wait_for grep -qx ready "$LOG"
	freeze "$CG"
	cr_mount "$CG" "$T/mnt" tcp=guard
	cat "$T/mnt/unsupported"
	grep -qE '^EAGAIN files/[0-9]+: its connection with 127\.0\.0\.1 port [0-9]+ is none there yet, as data is waited for ' "$T/mnt/unsupported"
}
