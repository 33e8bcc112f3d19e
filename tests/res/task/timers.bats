#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Interval timers; POSIX timers of all clocks and notifications, with ids, overruns and queued expiries.
load ../../helpers

@test "task/timers comes back" {
	roundtrip task/timers
}

@test "a timer that runs out between restore and second look has sent its signal" {
	cg_new timer
	start_in "$CG" python3 -uc 'import signal, time
signal.signal(signal.SIGALRM, lambda *a: print("alarm"))
signal.setitimer(signal.ITIMER_REAL, 4)
print("ready")
while True: time.sleep(100)'
	wait_for grep -qx ready "$LOG"
	checkpoint "$T/ckpt.tar"
	restore "$T/ckpt.tar"
	tar xOf "$T/ckpt.tar" --wildcards './tasks/*/timers' | grep ITIMER_REAL
	sleep 4
	fixed_point "$T/ckpt.tar"
	[ -e "$(echo "$T"/two/tasks/*/sigpending)" ]
	thaw "$CG"
	wait_for grep -qx alarm "$LOG"
	[ "$(grep -c alarm "$LOG")" = 1 ]
}

@test "five thousand timers" {
	roundtrip task/timers many
}
