#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pipes and FIFOs in odd states: full, fragmented, with one end, with pages that are not the pipe's.
load common

@test "pipes: megabyte_full" { roundtrip odd/pipes megabyte_full; }
@test "pipes: packets" { roundtrip odd/pipes packets; }
@test "pipes: packets_mixed" { roundtrip odd/pipes packets_mixed; }
@test "pipes: fragmented" { roundtrip odd/pipes fragmented; }
@test "pipes: spliced_file" { roundtrip odd/pipes spliced_file; }
@test "pipes: vmspliced" { roundtrip odd/pipes vmspliced; }
@test "pipes: only_writer" { roundtrip odd/pipes only_writer; }
@test "pipes: only_reader" { roundtrip odd/pipes only_reader; }
@test "pipes: fifo_ends" { roundtrip odd/pipes fifo_ends; }
@test "pipes: fifo_replaced" { roundtrip odd/pipes fifo_replaced; }
@test "pipes: reopened" { roundtrip odd/pipes reopened; }
@test "pipes: blocked" { roundtrip odd/pipes blocked; }
@test "pipes: one_slot" { roundtrip odd/pipes one_slot; }
@test "pipes: partly_read" { roundtrip odd/pipes partly_read; }
@test "pipes: nobodys" { roundtrip odd/pipes nobodys; }
@test "pipes: many" { roundtrip odd/pipes many; }
@test "pipes: async_pipe" { roundtrip odd/pipes async_pipe; }
