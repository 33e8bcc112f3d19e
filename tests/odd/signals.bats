#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Signals in odd states: what is queued, where a handler stands, who waits for one, and with which mask.
load common

@test "signals: queued_to_self" { roundtrip odd/signals queued_to_self; }
@test "signals: altstack_in_use" { roundtrip odd/signals altstack_in_use; }
@test "signals: altstack_autodisarm" { roundtrip odd/signals altstack_autodisarm; }
@test "signals: handlers_in_handlers" { roundtrip odd/signals handlers_in_handlers; }
@test "signals: mask_of_ppoll" { roundtrip odd/signals mask_of_ppoll; }
@test "signals: mask_of_ppoll_forever" { roundtrip odd/signals mask_of_ppoll_forever; }
@test "signals: mask_of_pselect" { roundtrip odd/signals mask_of_pselect; }
@test "signals: mask_of_epoll_pwait" { roundtrip odd/signals mask_of_epoll_pwait; }
@test "signals: mask_of_epoll_pwait2" { roundtrip odd/signals mask_of_epoll_pwait2; }
@test "signals: mask_of_sigsuspend" { roundtrip odd/signals mask_of_sigsuspend; }
@test "signals: in_sigwaitinfo" { roundtrip odd/signals in_sigwaitinfo; }
@test "signals: read_that_restarts" { roundtrip odd/signals read_that_restarts; }
@test "signals: read_that_does_not" { roundtrip odd/signals read_that_does_not; }
@test "signals: action_flags" { roundtrip odd/signals action_flags; }
@test "signals: ignored_but_masked" { roundtrip odd/signals ignored_but_masked; }
@test "signals: sigchld_payload" { roundtrip odd/signals sigchld_payload; }
@test "signals: queue_full" { roundtrip odd/signals queue_full; }
@test "signals: to_process_with_threads" { roundtrip odd/signals to_process_with_threads; }
