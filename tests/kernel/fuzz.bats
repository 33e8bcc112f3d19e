#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel filesystem under random mount options, names, sizes, reads, and trees that are changed, in a kernel that
# looks after its slabs: nothing is on the console, and nothing is left. KERNEL_FUZZ_SECONDS: of each (5); SEED: what it
# begins with, each time another, which the log tells.
load helpers

setup_file() { vm_boot slub_debug=FZPU; }
teardown_file() { vm_end; }

fuzz() {
	local seconds=${KERNEL_FUZZ_SECONDS:-5} seed=${SEED:-$RANDOM}
	echo "SEED=$seed"
	LIMIT=$((seconds * 10 + 120)) guest ". /crfs/both; . /crfs/life; . /crfs/trip; . /crfs/nomem; without_leaks fuzz_$1 $seconds $seed"
	console_clean
}

@test "mount options" { fuzz options; }
@test "names, sizes and manifests while staging" { fuzz names; }
@test "a view that many read, thawed and frozen" { fuzz view; }
@test "changed trees" { fuzz trees; }
