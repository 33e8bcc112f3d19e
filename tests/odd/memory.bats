#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Address spaces in odd states: huge and hollow, cut and moved, over files that changed below them.
load common

@test "memory: sixty_thousand_mappings" { roundtrip odd/memory sixty_thousand_mappings; }
@test "memory: hollow_terabytes" { roundtrip odd/memory hollow_terabytes; }
@test "memory: cut_below" { roundtrip odd/memory cut_below; }
@test "memory: written_not_synced" { roundtrip odd/memory written_not_synced; }
@test "memory: upgraded_below" { roundtrip odd/memory upgraded_below; }
@test "memory: brk_grown_and_shrunk" { roundtrip odd/memory brk_grown_and_shrunk; }
@test "memory: moved" { roundtrip odd/memory moved; }
@test "memory: forbidden_with_data" { roundtrip odd/memory forbidden_with_data; }
@test "memory: stack_grows_on" { roundtrip odd/memory stack_grows_on; }
@test "memory: locked_for_ever" { roundtrip odd/memory locked_for_ever; }
@test "memory: jit_two_views" { roundtrip odd/memory jit_two_views; }
@test "memory: last_pages" { roundtrip odd/memory last_pages; }
@test "memory: shared_by_parts" { roundtrip odd/memory shared_by_parts; }
@test "memory: private_of_the_nameless" { roundtrip odd/memory private_of_the_nameless; }
@test "memory: vdso_at_work" { roundtrip odd/memory vdso_at_work; }
@test "memory: segment_in_pieces" { roundtrip odd/memory segment_in_pieces; }
@test "memory: segment_around" { roundtrip odd/memory segment_around; }
@test "memory: segment_grown is refused" { refused memory segment_grown '^EOPNOTSUPP mms/[0-9]+: mapping [0-9a-f-]+ of /SYSV.*: reaches beyond its System V segment'; }
@test "memory: forked_of_threads" { roundtrip odd/memory forked_of_threads; }
