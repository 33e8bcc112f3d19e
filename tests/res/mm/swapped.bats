#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Pages that are swapped out, to a file of the test's own; that is all the swap there is on most machines like this.
load ../../helpers

setup_file() {
	head -c 64M /dev/zero > "$BATS_FILE_TMPDIR/swap"
	chmod 600 "$BATS_FILE_TMPDIR/swap"
	mkswap -q "$BATS_FILE_TMPDIR/swap"
	swapon "$BATS_FILE_TMPDIR/swap" 2> /dev/null || rm "$BATS_FILE_TMPDIR/swap"
}
teardown_file() {
	[ ! -e "$BATS_FILE_TMPDIR/swap" ] || swapoff "$BATS_FILE_TMPDIR/swap"
}

@test "mm/swapped comes back" {
	[ -e "$BATS_FILE_TMPDIR/swap" ] || skip "no swapon(2)"
	roundtrip mm/swapped
}
