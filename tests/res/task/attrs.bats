#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What prctl sets for a thread: machine checks, TSC, timer slack, speculation, I/O flusher; two threads differ.
load ../../helpers

@test "task/attrs comes back" {
	roundtrip task/attrs
}

# It is sent when the parent exits: neither who makes the task in a restore nor who mounts may be that, then.
@test "the death signal of a first task is not sent by a restore, nor by umount" {
	for kind in start_in start_ns_in start_user_in; do
		cg_new pdeath
		LOG=$T/work.log
		: > "$LOG"
		rm -f "$T/work/go"
		"$kind" "$CG" python3 -uc '
import ctypes, os, signal, time
got = []
signal.signal(signal.SIGUSR2, lambda *a: got.append(1))
c = ctypes.CDLL(None)
assert c.prctl(1, signal.SIGUSR2, 0, 0, 0) == 0
print("ready")
while not os.path.exists("go"):
    time.sleep(0.05)
sig = ctypes.c_int()
assert c.prctl(2, ctypes.byref(sig), 0, 0, 0) == 0 and sig.value == signal.SIGUSR2
print("fail: got it" if got else "pass")'
		wait_for grep -qx ready "$LOG"
		there_and_back
		cr_umount "$T/mnt"
		sleep 0.3
		: > "$T/work/go"
		wait_for grep -qxE 'pass|fail.*' "$LOG"
		cat "$LOG"
		grep -qx pass "$LOG"
	done
}
