#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Tasks in odd states: leaders that are gone, families that are not, what prctl(2) and clone(2) leave behind.
load common

@test "tasks: leader_exited" { roundtrip odd/tasks leader_exited; }
@test "tasks: exec_by_thread" { roundtrip odd/tasks exec_by_thread; }
@test "tasks: leaders_dead" { roundtrip odd/tasks leaders_dead; }
@test "tasks: subreapers" { roundtrip odd/tasks subreapers; }
@test "tasks: exit_signals" { roundtrip odd/tasks exit_signals; }
@test "tasks: shared_in_parts" { roundtrip odd/tasks shared_in_parts; }
@test "tasks: whose_child" { roundtrip odd/tasks whose_child; }
@test "tasks: stops_told_or_not" { roundtrip odd/tasks stops_told_or_not; }
@test "tasks: prctl_values" { roundtrip odd/tasks prctl_values; }
@test "tasks: tsc_forbidden" { roundtrip odd/tasks tsc_forbidden; }
@test "tasks: personalities" { roundtrip odd/tasks personalities; }
@test "tasks: core_of_the_restored" { roundtrip odd/tasks core_of_the_restored; }
@test "tasks: ids_per_thread" { roundtrip odd/tasks ids_per_thread; }
