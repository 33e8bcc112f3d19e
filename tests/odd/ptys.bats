#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pseudoterminals in odd states: hung up, packet mode, exclusive, partly read, controlling, without a slave.
load common

@test "ptys: both_ways_cooked" { roundtrip odd/ptys both_ways_cooked; }
@test "ptys: partly_read_line" { roundtrip odd/ptys partly_read_line; }
@test "ptys: raw_full" { roundtrip odd/ptys raw_full; }
@test "ptys: output_full" { roundtrip odd/ptys output_full; }
@test "ptys: packet_mode" { roundtrip odd/ptys packet_mode; }
@test "ptys: exclusive_and_locked" { roundtrip odd/ptys exclusive_and_locked; }
@test "ptys: master_closed" { roundtrip odd/ptys master_closed; }
@test "ptys: slave_closed" { roundtrip odd/ptys slave_closed; }
@test "ptys: never_opened_quiet is refused" { refused ptys never_opened_quiet 'bytes in terminal [0-9]+, whose slave nobody has opened yet'; }
@test "ptys: never_opened is refused" { refused ptys never_opened 'bytes in terminal [0-9]+, whose slave nobody has opened yet'; }
@test "ptys: size_and_settings" { roundtrip odd/ptys size_and_settings; }
@test "ptys: jobs" { roundtrip odd/ptys jobs; }
@test "ptys: interrupt" { roundtrip odd/ptys interrupt; }
@test "ptys: several" { roundtrip odd/ptys several; }
@test "ptys: by_peer" { roundtrip odd/ptys by_peer; }
@test "ptys: blocked_reader" { roundtrip odd/ptys blocked_reader; }
@test "ptys: stopped_output is refused" { refused ptys stopped_output 'EBUSY inodes/[0-9]+: output of terminal [0-9]+ is stopped'; }
@test "ptys: output_blocked" { roundtrip odd/ptys output_blocked; }
@test "ptys: input_full" { roundtrip odd/ptys input_full; }
@test "ptys: lines_full" { roundtrip odd/ptys lines_full; }
