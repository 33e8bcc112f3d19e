#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who waits for whom: futexes of all kinds, timers of all clocks, and how a task is scheduled meanwhile.
load common

@test "waits: robust_owner_dies" { roundtrip odd/waits robust_owner_dies; }
@test "waits: pi_with_waiters" { roundtrip odd/waits pi_with_waiters; }
@test "waits: conditions_and_barriers" { roundtrip odd/waits conditions_and_barriers; }
@test "waits: futexes" { roundtrip odd/waits futexes; }
@test "waits: timers_of_all_clocks" { roundtrip odd/waits timers_of_all_clocks; }
@test "waits: scheduled_apart" { roundtrip odd/waits scheduled_apart; }
@test "waits: filters_of_all_threads" { roundtrip odd/waits filters_of_all_threads; }
@test "waits: membarriers" { roundtrip odd/waits membarriers; }
@test "waits: alarms" { roundtrip odd/waits alarms; }
