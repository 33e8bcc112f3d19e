#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# File locks of all kinds, with who waits for them; leases; memfds and their seals.
load common

@test "locks: posix_ranges" { roundtrip odd/locks posix_ranges; }
@test "locks: ofd_and_flock" { roundtrip odd/locks ofd_and_flock; }
@test "locks: waiters" { roundtrip odd/locks waiters; }
@test "locks: leases" { roundtrip odd/locks leases; }
@test "locks: memfd_seals" { roundtrip odd/locks memfd_seals; }
@test "locks: memfd_mapped" { roundtrip odd/locks memfd_mapped; }
@test "locks: deadlock_of_two" { roundtrip odd/locks deadlock_of_two; }
